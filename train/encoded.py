"""Records as arrays: Python code reads and decodes several in a call, beside TensorFlow's other work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import tensorflow as tf

from train.pairs import BadRecord, Encoder, Pair

BAD, TRAINED, HELD_OUT = range(3)
AT_ONCE = 16  # records in a call, which costs as much as a small picture
Element = dict[str, tf.Tensor]
Encoded = tuple[int, Pair | None, np.ndarray | None]  # kind, pair, and pixels if wanted
Encode = Callable[[int, int, bytes], Encoded]


def encoded(encode: Encode, group: int, number: int, record: bytes) -> Encoded:
    """Returns the kind, pair and pixels of a record by `encode`; BAD and nothing else for one that can't be read."""
    try:
        return encode(group, number, record)
    except BadRecord:
        return BAD, None, None


def mapped(records: tf.data.Dataset, encode: Encode, encoder: Encoder) -> tf.data.Dataset:
    """Elements from (group, number, record), in their order: `kind`, int32; `pixels`, uint8 (crop, crop, 3); `tokens`,
    int32 (length,); `key` and `image_id`, strings; and `place`, int64 (2,), the group and the number after the record.
    """
    shape = (encoder.square.crop, encoder.square.crop, 3)
    types = (tf.int32, tf.uint8, tf.int32, tf.string, tf.string)

    def elements(groups: tf.Tensor, numbers: tf.Tensor, content: tf.Tensor) -> Element:
        call = partial(_arrays, encode, encoder)
        # under deterministic operations, stateful functions would run one at a time
        kind, pixels, tokens, key, image_id = tf.numpy_function(call, (groups, numbers, content), types, stateful=False)
        return {
            "kind": tf.ensure_shape(kind, (None,)),
            "pixels": tf.ensure_shape(pixels, (None, *shape)),
            "tokens": tf.ensure_shape(tokens, (None, encoder.length)),
            "key": tf.ensure_shape(key, (None,)),
            "image_id": tf.ensure_shape(image_id, (None,)),
            "place": tf.stack([groups, numbers + 1], 1),
        }

    return records.batch(AT_ONCE).map(elements, tf.data.AUTOTUNE, deterministic=True).unbatch()


def _arrays(
    encode: Encode, encoder: Encoder, groups: np.ndarray, numbers: np.ndarray, records: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Kinds, pixels, tokens, keys and image ids of records; zeros and empty ones where there is no pair."""
    kinds = np.zeros(len(records), np.int32)
    pixels = np.zeros((len(records), encoder.square.crop, encoder.square.crop, 3), np.uint8)
    tokens = np.zeros((len(records), encoder.length), np.int32)
    names = np.full((2, len(records)), b"", object)
    found = dict[int, Pair]()
    for place, (group, number, record) in enumerate(zip(groups.tolist(), numbers.tolist(), records, strict=True)):
        kinds[place], pair, seen = encoded(encode, group, number, record)
        if pair is not None and seen is not None:
            found[place], pixels[place] = pair, seen
            names[:, place] = pair.key.encode(), pair.image_id.encode()
    if found:
        tokens[list(found)] = encoder.tokens([*found.values()])
    return kinds, pixels, tokens, *names
