"""A classifier: the image tower of a trained model, and a linear layer over its embeddings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from train.towers import image_tower
from train.trained import Trained
from train.transfer.data import measured_batches
from train.transfer.labelled import Labelled
from train.transfer.optimizer import HEAD
from train.transfer.views import View

TOP = 5
AT_ONCE = 64  # pictures at once, in measuring


@dataclass(frozen=True)
class Accuracy:
    """Top-1 and top-5 accuracy on `pictures` pictures, as shares."""

    top1: float
    top5: float
    pictures: int


def classifier(trained: Trained, classes: int, size: int) -> keras.Model:
    """From pixels, uint8 or float (n, size, size, 3), to logits, float32 (n, classes).

    It has the trained model's tower, and a zero head.
    """
    tower = _tower(trained, size)
    return _with_head(tower, tower.input_shape[1:], classes)


def learner(
    trained: Trained,
    classes: int,
    size: int,
    whole: bool,
    frozen_statistics: bool,
    synchronized: bool = False,
    pieces: int = 1,
) -> keras.Model:
    """A `classifier` to train, with the same weights; its tower is trained only if `whole`.

    With `frozen_statistics`, or if not trained, the tower runs in inference mode: it normalises by the statistics of
    its training, and drops no block at random. Batches are normalised over all replicas if `synchronized`; a step calls
    the tower for each of several `pieces`.
    """
    tower = _tower(trained, size, synchronized, pieces)
    tower.trainable = whole
    body = tower if whole and not frozen_statistics else AsInUse(tower)
    return _with_head(body, tower.input_shape[1:], classes)


class AsInUse(layers.Wrapper):  # type: ignore[misc]
    """Always calls a layer in inference mode: Keras would pass it the `training` flag of the model around it."""

    def call(self, inputs: Any) -> Any:
        """The layer's output."""
        return self.layer(inputs, training=False)


def _tower(trained: Trained, size: int, synchronized: bool = False, pieces: int = 1) -> keras.Model:
    tower = image_tower(replace(trained.settings.image, resize=size, crop=size), synchronized, pieces)
    tower.set_weights(trained.model.images.get_weights())
    return tower


def _with_head(body: keras.layers.Layer, shape: tuple[int, ...], classes: int) -> keras.Model:
    pixels = keras.Input(shape, name="pixels")
    head = layers.Dense(classes, kernel_initializer="zeros", dtype="float32", name=HEAD)
    return keras.Model(pixels, head(body(pixels)), name="classifier")


def measure(model: keras.Model, pictures: Labelled, view: View, batch: int = AT_ONCE) -> Accuracy:
    """Measures a classifier's accuracy."""
    pixels = tf.TensorSpec((None, view.size, view.size, 3), tf.uint8)
    logits = tf.function(lambda pixels: model(pixels, training=False)).get_concrete_function(pixels)
    batches = measured_batches(pictures, view, batch)
    places = np.concatenate([ranks(logits(pixels).numpy(), labels.numpy()) for pixels, labels in batches])
    return Accuracy(float((places < 1).mean()), float((places < TOP).mean()), len(places))


def ranks(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Counts other classes that score no less than the right one, int (n,): neither a tie nor NaN counts as found.

    `logits` are float (n, classes), `labels` int (n,).
    """
    right = np.take_along_axis(logits, labels[:, None], axis=1)
    before: NDArray[np.int64] = (~(logits < right)).sum(axis=1)
    return before - 1
