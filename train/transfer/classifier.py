"""A classifier: the image tower of a trained model, and a linear layer over its embeddings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from train.towers import image_tower
from train.trained import Trained
from train.transfer.data import measured_batches
from train.transfer.labelled import Labelled
from train.transfer.optimizer import HEAD
from train.transfer.views import View

TOP = 5
AT_ONCE = 64  # pictures, in measuring


@dataclass(frozen=True)
class Accuracy:
    """How many of `pictures` have their class first, and among the first five, as shares."""

    top1: float
    top5: float
    pictures: int


def classifier(trained: Trained, classes: int, size: int) -> keras.Model:
    """From pixels, uint8 or float (n, size, size, 3), to logits, float32 (n, classes).

    It has the tower of the trained model, and no opinion.
    """
    tower = _tower(trained, size)
    return _with_head(tower, tower.input_shape[1:], classes)


def learner(
    trained: Trained, classes: int, size: int, whole: bool, frozen_statistics: bool, synchronized: bool = False
) -> keras.Model:
    """A `classifier` that is to be trained, with the same weights; its tower only if `whole`.

    With `frozen_statistics`, and if it isn't trained, the tower is as in use: it normalises by what it was trained
    with, and no block of it is left out by chance. Batches are normalised over all replicas if `synchronized`.
    """
    tower = _tower(trained, size, synchronized)
    tower.trainable = whole
    body = tower if whole and not frozen_statistics else AsInUse(tower)
    return _with_head(body, tower.input_shape[1:], classes)


class AsInUse(layers.Wrapper):  # type: ignore[misc]
    """A layer that is never called as in training: Keras would hand it the `training` of the model around it."""

    def call(self, inputs: Any) -> Any:
        """What the layer makes of the inputs."""
        return self.layer(inputs, training=False)


def _tower(trained: Trained, size: int, synchronized: bool = False) -> keras.Model:
    tower = image_tower(replace(trained.settings.image, resize=size, crop=size), synchronized)
    tower.set_weights(trained.model.images.get_weights())
    return tower


def _with_head(body: keras.layers.Layer, shape: tuple[int, ...], classes: int) -> keras.Model:
    pixels = keras.Input(shape, name="pixels")
    head = layers.Dense(classes, kernel_initializer="zeros", dtype="float32", name=HEAD)
    return keras.Model(pixels, head(body(pixels)), name="classifier")


def measure(model: keras.Model, pictures: Labelled, view: View, batch: int = AT_ONCE) -> Accuracy:
    """How often a classifier is right."""
    pixels = tf.TensorSpec((None, view.size, view.size, 3), tf.uint8)
    logits = tf.function(lambda pixels: model(pixels, training=False)).get_concrete_function(pixels)
    batches = measured_batches(pictures, view, batch)
    places = np.concatenate([ranks(logits(pixels).numpy(), labels.numpy()) for pixels, labels in batches])
    return Accuracy(float((places < 1).mean()), float((places < TOP).mean()), len(places))


def ranks(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many other classes aren't under the right one, int (n,): neither a tie nor NaN is ever a find.

    `logits` are float (n, classes), `labels` int (n,).
    """
    right = np.take_along_axis(logits, labels[:, None], axis=1)
    return (~(logits < right)).sum(axis=1) - 1
