"""Views of images for a classifier, and their order."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from train.transfer.data import measured_batches, training_batches
from train.transfer.labelled import Labelled
from train.transfer.views import View, random_part

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Plain:
    """A picture in one colour, which is its number."""

    number: int

    @property
    def name(self) -> str:
        return str(self.number)

    def read(self) -> bytes:
        return png(np.full((40, 40, 3), self.number, np.uint8))


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def ramp(width: int, height: int) -> bytes:
    """Red is 255 times the share of the way from left to right, green that from top to bottom."""
    pixels = np.zeros((height, width, 3))
    pixels[..., 0] = (np.arange(width) + 0.5) / width * 255
    pixels[..., 1] = (np.arange(height)[:, None] + 0.5) / height * 255
    return png(pixels.round().astype(np.uint8))


def plain(count: int) -> Labelled:
    return Labelled([Plain(number) for number in range(count)], np.arange(count), tuple(map(str, range(count))))


VIEW = View(32, 0.08, 0.875)


def numbers(batches: object) -> list[list[int]]:
    """The labels of batches, which are the colours of their pixels too."""
    found = []
    for pixels, labels in batches:  # type: ignore[attr-defined]
        assert (pixels.numpy() == labels.numpy()[:, None, None, None]).all()
        found.append(labels.numpy().tolist())
    return found


def flat(batches: object) -> list[int]:
    return [number for batch in numbers(batches) for number in batch]


def test_random_parts_have_the_area_and_the_proportions() -> None:
    random = np.random.default_rng(0)
    boxes = np.array([random_part(random, 300, 200, 0.08) for _ in range(2_000)])
    across, down = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2] <= 300 + 1e-9).all() and (boxes[:, 3] <= 200 + 1e-9).all()
    whole = (across == 300) & (down == 200)
    area, ratio = (across * down / 60_000)[~whole], (across / down)[~whole]
    assert whole.mean() < 0.01
    assert 0.08 <= area.min() < 0.09 and 0.85 < area.max() <= 1
    assert 0.75 <= ratio.min() < 0.76 and 1.32 < ratio.max() <= 4 / 3 + 1e-9


def test_where_no_part_fits_it_is_the_whole() -> None:
    assert random_part(np.random.default_rng(0), 300, 100, 1.0) == (0, 0, 300, 100)


def test_a_random_view_is_its_part_stretched_to_a_square_and_mirrored_by_chance() -> None:
    mirrored = set()
    for seed in range(12):
        random = np.random.default_rng(seed)
        left, top, right, bottom = random_part(random, 400, 300, 0.3)
        seen = View(64, 0.3, 1).random(ramp(400, 300), (seed,)).astype(float)
        flip = bool(random.integers(2))
        mirrored.add(flip)
        across = (left + (np.arange(64) + 0.5) / 64 * (right - left)) / 400 * 255
        down = (top + (np.arange(64) + 0.5) / 64 * (bottom - top)) / 300 * 255
        assert np.abs(seen[..., 0] - (across[::-1] if flip else across)).max() < 2.5
        assert np.abs(seen[..., 1] - down[:, None]).max() < 2.5
    assert mirrored == {False, True}


def test_measured_is_the_middle() -> None:
    seen = VIEW.centre(ramp(400, 300)).astype(float)
    assert seen.shape == (32, 32, 3)
    edge = (37 - 32) // 2  # 32 / 0.875 is 36.57
    assert seen[0, 0, 0] == pytest.approx((edge + 0.5) / 37 * 255, abs=2)
    assert seen[-1, -1, 1] == pytest.approx((edge + 31.5) / 37 * 255, abs=2)


def test_each_epoch_has_every_picture_once_in_another_order() -> None:
    seen = flat(training_batches(plain(10), VIEW, 4, range(5), seed=3))
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]
    other = flat(training_batches(plain(10), VIEW, 4, range(5), seed=4))
    assert other != seen


def test_a_stream_goes_on_at_any_step() -> None:
    everything = numbers(training_batches(plain(10), VIEW, 4, range(7), seed=3))
    assert numbers(training_batches(plain(10), VIEW, 4, range(3, 7), seed=3)) == everything[3:]


def test_a_batch_may_be_larger_than_the_set() -> None:
    (batch,) = numbers(training_batches(plain(3), VIEW, 8, range(1), seed=0))
    assert sorted(batch[:3]) == sorted(batch[3:6]) == [0, 1, 2]


def test_measuring_takes_every_picture_once_in_order() -> None:
    assert numbers(measured_batches(plain(5), VIEW, 2)) == [[0, 1], [2, 3], [4]]
