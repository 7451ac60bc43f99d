"""A queue of the keys of earlier batches, and the loss against them."""

from __future__ import annotations

import keras
import tensorflow as tf

from train.loss import cross_entropy


class KeyQueue:
    """The last `size` keys, float (size, width): new keys enter at the end; rows before the first key are empty."""

    def __init__(self, size: int, width: int, name: str) -> None:
        self.size = size
        self.keys = keras.Variable("zeros", (size, width), "float32", trainable=False, name=f"{name}_queue")
        self.filled = keras.Variable("zeros", (), "int64", trainable=False, name=f"{name}_queue_filled")
        self.variables = [self.keys, self.filled]

    def held(self) -> tf.Tensor:
        """The stored keys, oldest first, float (filled, width)."""
        return tf.convert_to_tensor(self.keys.value)[self.size - self.filled.value :]

    def put(self, keys: tf.Tensor) -> None:
        """Adds keys, float (n, width), and drops as many of the oldest once full."""
        filled = self.filled.value + tf.shape(keys, tf.int64)[0]
        self.keys.assign(tf.concat([self.keys.value, keys], 0)[-self.size :])
        self.filled.assign(tf.minimum(filled, self.size))


def queue_loss(
    queries: tf.Tensor, keys: tf.Tensor, negatives: tf.Tensor, temperature: tf.Tensor, smoothing: float
) -> tf.Tensor:
    """The mean loss over `queries` of distinguishing their keys from `negatives` (InfoNCE), a scalar.

    `queries` and `keys` are float (n, d), `negatives` float (m, d), all of length 1. Labels are smoothed over the 1 + m
    candidates of a query; without negatives yet, loss and gradient are 0.
    """
    right = tf.reduce_sum(queries * keys, 1, keepdims=True)
    wrong = tf.matmul(queries, negatives, transpose_b=True)
    return cross_entropy(tf.concat([right, wrong], 1) / temperature, smoothing)
