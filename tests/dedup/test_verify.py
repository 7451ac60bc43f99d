"""Scores of aligned views against plain statements of the two correlations."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter

from dedup.verify import MAX_SHIFT, VIEW_SIDE, band, best_shift, correlation, scores, views


def view(seed: int) -> np.ndarray:
    """Structure at two scales, away from black and white."""
    rng = np.random.default_rng(seed)
    coarse, fine = (Image.fromarray(rng.integers(0, 256, (cells,) * 2, np.uint8)) for cells in (4, 20))
    both = [np.asarray(each.resize((VIEW_SIDE,) * 2, Image.Resampling.BICUBIC), float) for each in (coarse, fine)]
    return np.clip(30 + sum(both) * 0.3, 0, 255).astype(np.uint8)


VIEWS = np.stack([view(seed) for seed in range(12)])


def details(image: np.ndarray) -> np.ndarray:
    """The mean over 3 x 3 pixels less the mean over 7 x 7."""
    return uniform_filter(image.astype(float), 3) - uniform_filter(image.astype(float), 7)


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    return (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())


def plain_score(first: np.ndarray, second: np.ndarray) -> float:
    """np.corrcoef of the views; and of their details, the middle of one at every place of the other."""
    ours, theirs = details(first), details(second)
    inner = VIEW_SIDE - 2 * MAX_SHIFT
    middle = ours[MAX_SHIFT:-MAX_SHIFT, MAX_SHIFT:-MAX_SHIFT]
    shifts = [
        cosine(middle, theirs[y : y + inner, x : x + inner])
        for y in range(2 * MAX_SHIFT + 1)
        for x in range(2 * MAX_SHIFT + 1)
    ]
    return min(np.corrcoef(first.ravel(), second.ravel())[0, 1], max(shifts))


def test_scores_are_the_plain_formula():
    mixed = (0.6 * VIEWS + 0.4 * VIEWS[::-1]).astype(np.uint8)
    for others in (VIEWS[::-1], mixed, VIEWS):
        expected = [plain_score(first, second) for first, second in zip(VIEWS, others, strict=True)]
        np.testing.assert_allclose(scores(VIEWS, others), expected, atol=1e-6)


def test_alike_views_score_one_and_others_little():
    np.testing.assert_allclose(scores(VIEWS, VIEWS), 1, atol=1e-6)
    assert scores(VIEWS, np.roll(VIEWS, 1, axis=0)).max() < 0.4


def test_brightness_and_contrast_do_not_matter_but_inversion_does():
    darker = (VIEWS * 0.5 + 40).astype(np.uint8)
    assert scores(VIEWS, darker).min() > 0.99
    assert scores(VIEWS, 255 - VIEWS).max() < 0


@pytest.mark.parametrize(("shift", "found"), [(0, True), (MAX_SHIFT, True), (MAX_SHIFT + 2, False)])
def test_details_may_be_shifted_by_three_pixels(shift, found):
    for image in VIEWS:
        assert (best_shift(band(image), band(np.roll(image, shift, axis=1))) > 0.8) == found


def test_band_is_exact_in_whole_numbers():
    assert (band(VIEWS[0]) == np.rint(band(VIEWS[0]))).all()
    np.testing.assert_allclose(band(VIEWS[0]) / (9 * 49), details(VIEWS[0]), atol=1e-9)


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_blank_views_score_nothing(gray):
    blank = np.full_like(VIEWS, gray)
    assert not scores(blank, VIEWS).any() and not scores(VIEWS, blank).any() and not scores(blank, blank).any()


def test_one_by_one_equals_batched():
    others = np.roll(VIEWS, 1, axis=0)
    alone = [scores(VIEWS[n : n + 1], others[n : n + 1])[0] for n in range(len(VIEWS))]
    assert np.array_equal(alone, scores(VIEWS, others)) and scores(VIEWS, others).dtype == np.float32


def test_correlation_of_nothing_is_zero():
    assert correlation(np.zeros(4), np.ones(4)) == 0 and correlation(np.ones(4), -np.ones(4)) == -1


def test_views_are_means_of_two_by_two_pixels():
    lumas = np.random.default_rng(0).integers(0, 256, (3, 128, 128), np.uint8)
    means = lumas.reshape(3, 64, 2, 64, 2).mean(axis=(2, 4))
    assert np.abs(views(lumas) - means).max() <= 0.5 and views(lumas).dtype == np.uint8
