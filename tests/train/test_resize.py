"""Parts of resized pictures, against Pillow's resize of the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import noise
from train.resize import Taps, resized_part

pytestmark = pytest.mark.slow

SIZES = [(640, 480), (346, 346), (345, 347), (1, 1), (1, 700), (3, 2), (2000, 40), (4200, 4100)]
PARTS = [(0, 0, 346), (57, 57, 289), (0, 28, 289), (20, 33, 1), (345, 345, 1)]


def whole(image: Image.Image, side: int) -> np.ndarray:
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR)).astype(int)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_part_is_pillows_within_one_of_255(size: tuple[int, int]) -> None:
    """The last size is in several blocks of Pillow's."""
    small = noise(sum(size), (min(size[0], 640), min(size[1], 640)))
    image = small.resize(size, Image.Resampling.NEAREST)
    expected = whole(image, 346)
    for top, left, count in PARTS:
        found = resized_part(image, 346, top, left, count)
        assert (found.dtype, found.shape) == (np.uint8, (count, count, 3))
        difference = np.abs(found - expected[top : top + count, left : left + count])
        assert difference.max() <= 1 and difference.mean() < 0.25
        assert np.array_equal(resized_part(image, 346, top, left, count, mirrored=True), found[:, ::-1])


def test_a_part_is_cut_from_the_same_pixels_as_the_whole() -> None:
    image = noise(1, (500, 300))
    all_of_it = resized_part(image, 90, 0, 0, 90)
    for top, left in ((0, 0), (13, 30), (30, 13)):
        assert np.array_equal(resized_part(image, 90, top, left, 60), all_of_it[top : top + 60, left : left + 60])


@pytest.mark.parametrize("value", [0, 1, 127, 254, 255])
def test_plain_pictures_stay_plain(value: int) -> None:
    image = Image.new("RGB", (777, 333), (value, 255 - value, value))
    found = resized_part(image, 100, 5, 5, 90)
    assert found.reshape(-1, 3).tolist() == [[value, 255 - value, value]] * 8100


def test_an_unchanged_size_changes_no_pixel() -> None:
    image = noise(2, (64, 64))
    assert np.array_equal(resized_part(image, 64, 3, 4, 60), np.asarray(image)[3:63, 4:64])


def test_taps_of_half_the_size_are_a_triangle() -> None:
    first, shares = Taps.of(8, 4).part(1, 2)
    assert first.tolist() == [1, 3]
    np.testing.assert_allclose(shares, [[0.125, 0.375, 0.375, 0.125]] * 2)
