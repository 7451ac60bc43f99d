"""The first layer over blocks of pixels: the same scores, to the last bit, as over pixels."""

from __future__ import annotations

import numpy as np
import pytest

from filters.blocks import blocks, in_blocks
from filters.models import load_made
from filters.open_nsfw import quantised


@pytest.fixture(scope="module")
def content() -> bytes:
    """The network whose kernels are exact on every CPU."""
    return quantised(signed=False)


def test_a_block_holds_two_rows_of_two_pixels() -> None:
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    found = blocks(pixels)
    assert found.shape == (2, 3, 12) and found.flags.c_contiguous
    for row, column in np.ndindex(2, 3):
        corner = pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert found[row, column].tolist() == [level for line in corner for pixel in line for level in pixel.tolist()]


@pytest.mark.parametrize("kind", ["noise", "border", "dark", "bright"])
def test_scores_are_those_of_the_network_over_pixels(kind: str, content: bytes) -> None:
    random = np.random.default_rng(7)
    pixels = {
        "noise": random.integers(0, 256, (224, 224, 3), np.uint8),
        "border": np.pad(
            random.integers(0, 256, (220, 220, 3), np.uint8), ((2, 2), (2, 2), (0, 0)), constant_values=255
        ),
        "dark": np.zeros((224, 224, 3), np.uint8),
        "bright": np.full((224, 224, 3), 255, np.uint8),
    }[kind]
    scores = load_made(content)(pixels[np.newaxis])
    assert load_made(in_blocks(content))(blocks(pixels)[np.newaxis]).tolist() == scores.tolist()


def test_the_network_is_the_same_bytes_each_time(content: bytes) -> None:
    assert in_blocks(content) == in_blocks(content)
