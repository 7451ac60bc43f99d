"""Moving statistics of batch normalisation, by which towers are measured, against those worked out by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.support.training import changed
from train.model import DualEncoder

pytestmark = pytest.mark.slow

RED = np.array([0, 51, 102, 255], np.uint8)  # of the plain pictures of a batch
MEAN, VARIANCE = 102 / 128 - 1, 9103.5 / 128**2  # of RED / 128 - 1, which the tiny tower makes of it


def red_detector(pieces: int) -> keras.Model:
    """An image tower up to its first normalisation, whose input is the red of every other pixel."""
    tower = DualEncoder(changed(pieces=pieces), 30).images
    convolution = tower.get_layer("stem_conv")
    kernel = np.zeros(convolution.kernel.shape, np.float32)
    kernel[1, 1, 0] = 1
    convolution.set_weights([kernel])
    return keras.Model(tower.input, tower.get_layer("stem_bn").output)


def train(tower: keras.Model, steps: int, pieces: int) -> tuple[np.ndarray, np.ndarray]:
    """The statistics after steps in pieces, each with all four pictures."""
    pixels = np.zeros((len(RED), 32, 32, 3), np.uint8)
    pixels[..., 0] = RED[:, None, None]
    for _ in range(steps * pieces):
        tower(pixels, training=True)
    layer = tower.get_layer("stem_bn")
    return layer.moving_mean.numpy(), layer.moving_variance.numpy()


@pytest.mark.parametrize("pieces", [1, 4])
def test_a_step_keeps_nine_tenths_of_the_statistics(pieces: int) -> None:
    mean, variance = train(red_detector(pieces), 5, pieces)
    np.testing.assert_allclose(mean, (1 - 0.9**5) * MEAN, rtol=1e-4)
    np.testing.assert_allclose(variance, 0.9**5 + (1 - 0.9**5) * VARIANCE, rtol=1e-4)


def test_forty_steps_after_a_change_of_the_weights_the_statistics_are_of_the_new_ones() -> None:
    """What is measured then is what a batch of training shows: 0.9 to the 40th is 1.5 %."""
    tower = red_detector(pieces=1)
    train(tower, 40, pieces=1)
    kernel = tower.get_layer("stem_conv").kernel
    kernel.assign(-3 * kernel)
    mean, variance = train(tower, 40, pieces=1)
    np.testing.assert_allclose(mean, -3 * MEAN, rtol=0.02)
    np.testing.assert_allclose(variance, 9 * VARIANCE, rtol=0.02)
