"""Records as batches of pixels and tokens: the same for the same seed, from any place on.

Shards are shuffled every epoch and dealt in groups; the records of a group are mixed and shuffled. A place in this
endless stream is the number of a group and of a record in it, so going on costs a part of one group.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from train.config import Data
from train.errors import TrainingError
from train.pairs import BadRecord, Encoder, Pair

BAD, TRAINED, HELD_OUT = range(3)
AUTOTUNE = tf.data.AUTOTUNE
Element = dict[str, tf.Tensor]


@dataclass(frozen=True)
class Place:
    """Where the next record stands: its group, its number in it, and how many bad ones came before."""

    group: int = 0
    record: int = 0
    bad: int = 0


@dataclass(frozen=True)
class Host:
    """Which of several machines reads: each takes shards of its own."""

    number: int = 0
    of: int = 1


@dataclass(frozen=True)
class Records:
    """The pairs in `shards` (paths of TFRecord files) as arrays.

    An element is a dictionary: `pixels` uint8 (crop, crop, 3), `tokens` int32 (length,), `key` and `image_id`
    (strings), and `place`, int64 (3,), the place after it.
    """

    shards: Sequence[str]
    encoder: Encoder
    settings: Data
    seed: int = 0

    def training(self, start: Place = Place(), host: Host = Host()) -> tf.data.Dataset:
        """The pairs that are trained on, endlessly, from `start` on. Raises TrainingError if hosts outnumber shards."""
        if host.of > len(self.shards):
            raise TrainingError(f"{host.of} hosts can't share {len(self.shards)} shards")
        groups = tf.data.Dataset.range(start.group, np.iinfo(np.int64).max)
        records = groups.flat_map(lambda group: self._group(group, start, host))
        pairs = records.map(_calls(self._train, self.encoder), AUTOTUNE, deterministic=True)
        return pairs.scan(tf.constant(start.bad, tf.int64), _count_bad).filter(_is(TRAINED)).map(_public)

    def evaluation(self, held_out: bool) -> tf.data.Dataset:
        """The pairs that are held out, or all, in the order of the records."""
        records = tf.data.Dataset.from_tensor_slices(list(self.shards)).flat_map(_read).enumerate()
        records = records.map(lambda number, record: (tf.constant(0, tf.int64), number, record))
        pairs = records.map(_calls(self._evaluate, self.encoder), AUTOTUNE, deterministic=True)
        pairs = pairs.scan(tf.constant(0, tf.int64), _count_bad).filter(lambda pair: pair["kind"] != BAD)
        return (pairs.filter(_is(HELD_OUT)) if held_out else pairs).map(_public)

    def _group(self, group: tf.Tensor, start: Place, host: Host) -> tf.data.Dataset:
        """(group, number, record) of the records of a group, from `start` on."""
        size = self.settings.shards
        groups = -(-len(self.shards) // size)
        order = tf.random.experimental.stateless_shuffle(list(self.shards), seed=(self.seed, group // groups))
        part = order[group % groups * size :][:size][host.number :: host.of]
        files = tf.data.Dataset.from_tensor_slices(part)
        records = files.interleave(_read, cycle_length=size, num_parallel_calls=AUTOTUNE, deterministic=True)
        records = records.shuffle(self.settings.shuffle, seed=self.seed + group + 1)
        done = tf.where(tf.equal(group, start.group), tf.constant(start.record, tf.int64), 0)
        return records.enumerate().skip(done).map(lambda number, record: (group, number, record))

    def _train(self, group: int, number: int, record: bytes) -> tuple[int, Pair | None, np.ndarray | None]:
        pair = Pair.of(record)
        if pair.is_held_out(self.settings.held_out):
            return HELD_OUT, None, None
        return TRAINED, pair, self.encoder.random_crop(pair, (self.seed, group, number))

    def _evaluate(self, group: int, number: int, record: bytes) -> tuple[int, Pair | None, np.ndarray | None]:
        pair = Pair.of(record)
        kind = HELD_OUT if pair.is_held_out(self.settings.held_out) else TRAINED
        return kind, pair, self.encoder.middle(pair)


def _read(shard: tf.Tensor) -> tf.data.Dataset:
    """The records of a file. What is damaged in it ends it, and is one bad record."""
    return tf.data.TFRecordDataset(shard)


def _is(kind: int) -> Callable[[Element], tf.Tensor]:
    return lambda pair: tf.equal(pair["kind"], kind)


def _calls(
    encode: Callable[..., tuple[int, Pair | None, np.ndarray | None]], encoder: Encoder
) -> Callable[..., Element]:
    """What tf.data maps over records for a function in Python that makes the pixels of one."""
    shape = (encoder.crop, encoder.crop, 3)
    nothing = (np.zeros(shape, np.uint8), np.zeros(encoder.length, np.int32), b"", b"")

    def call(group: int, number: int, record: bytes) -> tuple[Any, ...]:
        try:
            kind, pair, pixels = encode(int(group), int(number), record)
        except BadRecord:
            return np.int32(BAD), *nothing
        if pair is None or pixels is None:
            return np.int32(kind), *nothing
        pixels = np.ascontiguousarray(pixels)
        return np.int32(kind), pixels, encoder.tokens(pair), pair.key.encode(), pair.image_id.encode()

    def element(group: tf.Tensor, number: tf.Tensor, record: tf.Tensor) -> Element:
        types = (tf.int32, tf.uint8, tf.int32, tf.string, tf.string)
        kind, pixels, tokens, key, image_id = tf.numpy_function(call, (group, number, record), types)
        return {
            "kind": tf.ensure_shape(kind, ()),
            "pixels": tf.ensure_shape(pixels, shape),
            "tokens": tf.ensure_shape(tokens, (encoder.length,)),
            "key": tf.ensure_shape(key, ()),
            "image_id": tf.ensure_shape(image_id, ()),
            "place": tf.stack([group, number + 1]),
        }

    return element


def _count_bad(bad: tf.Tensor, pair: Element) -> tuple[tf.Tensor, Element]:
    """Writes into a pair's place how many bad records came before it."""
    bad += tf.cast(_is(BAD)(pair), tf.int64)
    return bad, {**pair, "place": tf.concat([pair["place"], [bad]], 0)}


def _public(pair: Element) -> Element:
    return {name: value for name, value in pair.items() if name != "kind"}
