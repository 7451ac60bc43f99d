"""Labelled pictures as batches of pixels: reshuffled each epoch, deterministic for a seed, from any step on."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import tensorflow as tf

from train.transfer.labelled import Labelled
from train.transfer.views import View

AUTOTUNE = tf.data.AUTOTUNE


def training_batches(pictures: Labelled, view: View, batch: int, steps: range, seed: int) -> tf.data.Dataset:
    """The batches of `steps`: pixels, uint8 (batch, size, size, 3), and labels, int64 (batch,)."""

    @lru_cache(2)
    def order(epoch: int) -> np.ndarray:
        return np.random.default_rng((seed, epoch)).permutation(len(pictures))

    def read(number: int) -> tuple[np.ndarray, np.int64]:
        epoch, place = divmod(int(number), len(pictures))
        chosen = order(epoch)[place]
        pixels = view.random(pictures.pictures[chosen].read(), (seed, epoch, place))
        return np.ascontiguousarray(pixels), pictures.labels[chosen]

    numbers = tf.data.Dataset.range(steps.start * batch, steps.stop * batch)
    return _mapped(numbers, read, view.size).batch(batch, drop_remainder=True).prefetch(1)


def measured_batches(pictures: Labelled, view: View, batch: int) -> tf.data.Dataset:
    """All pictures in order; like `training_batches`, but the last batch may be smaller."""

    def read(number: int) -> tuple[np.ndarray, np.int64]:
        return view.centre(pictures.pictures[number].read()), pictures.labels[number]

    return _mapped(tf.data.Dataset.range(len(pictures)), read, view.size).batch(batch).prefetch(1)


def _mapped(numbers: tf.data.Dataset, read: Callable[[int], tuple[np.ndarray, np.int64]], size: int) -> tf.data.Dataset:
    def element(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # under deterministic operations, stateful functions would run one at a time
        pixels, label = tf.numpy_function(read, (number,), (tf.uint8, tf.int64), stateful=False)
        return tf.ensure_shape(pixels, (size, size, 3)), tf.ensure_shape(label, ())

    return numbers.map(element, AUTOTUNE, deterministic=True)
