"""A classifier: the image tower of a trained model, and a linear layer over its embeddings."""

from __future__ import annotations

from dataclasses import dataclass, replace

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


def classifier(
    trained: Trained, classes: int, size: int, whole: bool, frozen_statistics: bool, synchronized: bool = False
) -> keras.Model:
    """From pixels, uint8 or float (n, size, size, 3), to logits, float32 (n, classes).

    It has the tower of the trained model, and no opinion. Only if `whole` the tower learns. With `frozen_statistics`
    that is as in use: it normalises by what it was trained with, and no block of it is left out by chance.
    """
    tower = image_tower(replace(trained.settings.image, resize=size, crop=size), synchronized)
    tower.set_weights(trained.model.images.get_weights())
    tower.trainable = whole
    pixels = keras.Input((size, size, 3), name="pixels")
    embeddings = tower(pixels) if whole and not frozen_statistics else tower(pixels, training=False)
    head = layers.Dense(classes, kernel_initializer="zeros", dtype="float32", name=HEAD)
    return keras.Model(pixels, head(embeddings), name="classifier")


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
