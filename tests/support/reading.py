"""Reads records as the contract promises them to others: through TensorFlow alone."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

FEATURES = {
    **{name: tf.io.FixedLenFeature([], tf.string) for name in ("jpg", "txt", "key", "url", "sha256")},
    **{name: tf.io.FixedLenFeature([], tf.int64) for name in ("width", "height")},
}


def read_records(file: Path) -> list[dict]:
    """The records of a shard, each with exactly the promised features."""
    records = []
    for record in tf.data.TFRecordDataset(str(file)):
        assert set(tf.train.Example.FromString(record.numpy()).features.feature) == set(FEATURES)
        example = tf.io.parse_single_example(record, FEATURES)
        records.append({name: value.numpy() for name, value in example.items()})
    return records


def decoded(image: bytes) -> tf.Tensor:
    return tf.io.decode_image(image, expand_animations=False)


def tf_reads(image: bytes) -> bool:
    """Returns whether this is a JPEG or PNG that TensorFlow reads as RGB or gray."""
    try:
        return image[:2] in (b"\xff\xd8", b"\x89P") and decoded(image).shape[-1] in (1, 3)
    except tf.errors.InvalidArgumentError:
        return False
