"""Records as batches of pixels and tokens: deterministic for a seed, and resumable at any position.

Shards are shuffled every epoch and taken in groups; the records of a group are mixed and shuffled. A position in this
endless stream is a group's number and a record's index in it, so resuming costs a part of one group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import tensorflow as tf

from train.config import Data
from train.encoded import BAD, HELD_OUT, TRAINED, Element, Encoded, encoded, mapped
from train.errors import TrainingError
from train.example import read_records
from train.pairs import BadRecord, Encoder, Pair

AUTOTUNE = tf.data.AUTOTUNE


@dataclass(frozen=True)
class Position:
    """A position of the next record: its group, its index in the group, and the number of bad records before."""

    group: int = 0
    record: int = 0
    bad: int = 0


@dataclass(frozen=True)
class Readable:
    """A record that holds a pair, and the id of its picture."""

    record: bytes
    image_id: str


@dataclass(frozen=True)
class Host:
    """A machine that reads, among several: each takes separate shards."""

    number: int = 0
    of: int = 1


@dataclass(frozen=True)
class Records:
    """The pairs in `shards` (paths of TFRecord files) as arrays.

    An element is a dictionary: `pixels` uint8 (crop, crop, 3), `tokens` int32 (length,), `key` and `image_id`
    (strings), and `place`, int64 (3,), the position after the element.
    """

    shards: Sequence[str]
    encoder: Encoder
    settings: Data
    seed: int = 0

    def training(self, start: Position = Position(), host: Host = Host()) -> tf.data.Dataset:
        """The training pairs, endlessly, from `start` on.

        Raises TrainingError if hosts outnumber shards, and if there is no pair to train on.
        """
        if host.of > len(self.shards):
            raise TrainingError(f"{host.of} hosts can't share {len(self.shards)} shards")
        self._check()
        groups = tf.data.Dataset.range(start.group, np.iinfo(np.int64).max)
        records = groups.flat_map(lambda group: self._group(group, start, host))
        pairs = mapped(records, self._train, self.encoder)
        return pairs.scan(tf.constant(start.bad, tf.int64), _count_bad).filter(_is(TRAINED)).map(_public)

    def evaluation(self, held_out: bool) -> tf.data.Dataset:
        """The pairs that are held out, or all, in the order of the records."""
        return self._to_measure(tf.data.Dataset.from_tensor_slices(list(self.shards)).flat_map(_read), held_out)

    def given(self, records: Sequence[bytes]) -> tf.data.Dataset:
        """The pairs in `records`, as in `evaluation`."""
        content = tf.constant(list(records), tf.string, (len(records),))
        return self._to_measure(tf.data.Dataset.from_tensor_slices(content), held_out=False)

    def readable(self, held_out: bool) -> Iterator[Readable]:
        """The records of the pairs in `evaluation`, in the same order. Raises TrainingError for a damaged file."""
        for record in read_all(self.shards):
            try:
                pair = Pair.of(record)
                if not held_out or pair.is_held_out(self.settings.held_out):
                    self.encoder.middle(pair)
                    yield Readable(record, pair.image_id)
            except BadRecord:
                continue

    def _to_measure(self, content: tf.data.Dataset, held_out: bool) -> tf.data.Dataset:
        records = content.enumerate().map(lambda number, record: (tf.constant(0, tf.int64), number, record))
        pairs = mapped(records, self._evaluate, self.encoder)
        pairs = pairs.scan(tf.constant(0, tf.int64), _count_bad).filter(lambda pair: pair["kind"] != BAD)
        return (pairs.filter(_is(HELD_OUT)) if held_out else pairs).map(_public)

    def count(self, most: int) -> int:
        """Counts the pairs to train on, up to `most`. Decodes no picture."""
        return sum(1 for _ in islice(filter(self._is_trained, read_all(self.shards)), most))

    def _check(self) -> None:
        """Raises TrainingError if the stream would never reach a pair. Reads as far as the first."""
        kinds = Counter[int]()
        for record in read_all(self.shards):
            kind, *_ = encoded(self._train, 0, 0, record)
            if kind == TRAINED:
                return
            kinds[kind] += 1
        raise TrainingError(
            f"no pair to train on in {len(self.shards):,} files, such as {self.shards[0]}: "
            f"{kinds[HELD_OUT]:,} records are held out, {kinds[BAD]:,} are bad"
        )

    def _group(self, group: tf.Tensor, start: Position, host: Host) -> tf.data.Dataset:
        """(group, number, record) of the records of a group, from `start` on."""
        size = self.settings.shards * host.of
        groups = -(-len(self.shards) // size)
        order = tf.random.experimental.stateless_shuffle(list(self.shards), seed=(self.seed, group // groups))
        part = order[group % groups * size :][:size][host.number :: host.of]
        files = tf.data.Dataset.from_tensor_slices(part)
        records = files.interleave(
            _read, cycle_length=self.settings.shards, num_parallel_calls=AUTOTUNE, deterministic=True
        )
        records = _shuffled(records, self.settings.shuffle, (self.seed, group + 1))  # (0, 0) would be random
        done = tf.where(tf.equal(group, start.group), tf.constant(start.record, tf.int64), 0)
        return records.enumerate().skip(done).map(lambda number, record: (group, number, record))

    def _is_trained(self, record: bytes) -> bool:
        try:
            return not Pair.of(record).is_held_out(self.settings.held_out)
        except BadRecord:
            return False

    def _train(self, group: int, number: int, record: bytes) -> Encoded:
        pair = Pair.of(record)
        if pair.is_held_out(self.settings.held_out):
            return HELD_OUT, None, None
        return TRAINED, pair, self.encoder.random_crop(pair, (self.seed, group, number))

    def _evaluate(self, group: int, number: int, record: bytes) -> Encoded:
        pair = Pair.of(record)
        kind = HELD_OUT if pair.is_held_out(self.settings.held_out) else TRAINED
        return kind, pair, self.encoder.middle(pair)


def read_all(shards: Sequence[str]) -> Iterator[bytes]:
    """The records of all files in order. Raises TrainingError for a truncated or damaged file."""
    for shard in shards:
        with tf.io.gfile.GFile(shard, "rb") as file:
            try:
                yield from (record for _, record in read_records(file))
            except ValueError as error:
                raise TrainingError(str(error)) from error


@contextmanager
def damage_named(shards: Sequence[str]) -> Iterator[None]:
    """Names the damaged file, unlike TensorFlow's error for `shards`: raises TrainingError."""
    try:
        yield
    except tf.errors.DataLossError as error:
        for _ in read_all(shards):
            pass
        raise TrainingError(f"records: {error.message}") from error


def _read(shard: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(shard)


def _shuffled(records: tf.data.Dataset, buffer: int, seed: tuple[int, tf.Tensor]) -> tf.data.Dataset:
    """Like Dataset.shuffle, but stateless: with deterministic ops, a stateful one serialises every later map."""
    first, second = (tf.cast(part, tf.int64) for part in seed)
    variant = tf.raw_ops.ShuffleDataset(
        input_dataset=tf.data.experimental.to_variant(records),
        buffer_size=tf.constant(buffer, tf.int64),
        seed=first,
        seed2=second,
        output_types=[tf.string],
        output_shapes=[()],
        reshuffle_each_iteration=False,
    )
    return tf.data.experimental.from_variant(variant, records.element_spec)


def _is(kind: int) -> Callable[[Element], tf.Tensor]:
    return lambda pair: tf.equal(pair["kind"], kind)


def _count_bad(bad: tf.Tensor, pair: Element) -> tuple[tf.Tensor, Element]:
    """Writes the number of bad records before a pair into the pair's position."""
    bad += tf.cast(_is(BAD)(pair), tf.int64)
    return bad, {**pair, "place": tf.concat([pair["place"], [bad]], 0)}


def _public(pair: Element) -> Element:
    return {name: value for name, value in pair.items() if name != "kind"}
