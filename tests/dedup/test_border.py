"""Borders and pages, against pictures framed by Pillow, and against a plain statement of what a border is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageOps

from dedup.border import find_borders, find_pages
from dedup.windows import Window
from tests.support.scenes import LUMAS, SCENES, small


def border_of(luma: np.ndarray) -> Window | None:
    return find_borders(luma[None])[0]


def page_of(luma: np.ndarray) -> Window | None:
    return find_pages(luma[None])[0]


@pytest.mark.parametrize("colour", ["black", "white", "gray"])
def test_border_is_found_to_a_pixel(colour):
    for image in SCENES[:5]:
        framed = small(ImageOps.expand(image, (30, 20, 60, 10), colour))[None]
        expected = np.array([30 / 390, 20 / 290, 330 / 390, 280 / 290])
        np.testing.assert_allclose(border_of(framed[0]), expected, atol=1.01 / 128)


def test_no_border_of_a_picture_without_one_nor_of_a_blank_page():
    assert find_borders(LUMAS) == find_pages(LUMAS) == [None] * len(LUMAS)
    assert border_of(np.full((128, 128), 90, np.uint8)) is None
    dot = np.full((128, 128), 255, np.uint8)
    dot[60:80, 60:80] = LUMAS[0, :20, :20]
    assert border_of(dot) is None and page_of(dot) is None


@pytest.mark.parametrize(("tone", "found"), [(12, True), (13, False)])
def test_lines_of_a_border_may_vary_a_little(tone, found):
    luma = LUMAS[0].copy()
    luma[:10] = 100
    luma[:10, :40] = 100 + tone
    assert (border_of(luma) == Window(0, 10 / 128, 1, 1)) == found


def test_picture_is_found_on_a_page_with_text():
    page = np.full((128, 128), 240, np.uint8)
    page[:10] = 60
    page[14:90, 6:122] = LUMAS[1, 14:90, 6:122]
    page[96:102, 8:90:2] = 20
    assert page_of(page) == Window(6 / 128, 14 / 128, 122 / 128, 90 / 128)
    assert border_of(page) != page_of(page)


def strip(lines: list[list[int]], gap: int) -> int:
    """The lines at the start that are of the first one's shade, with at most `gap` others between two of them."""
    if not lines or not lines[0]:
        return 0
    shade = sorted(lines[0])[len(lines[0]) // 2]
    plain = [sum(abs(pixel - shade) <= 12 for pixel in line) >= 0.95 * len(line) for line in lines]
    if not plain[0]:
        return 0
    return next((n for n in range(1, len(lines)) if plain[n - 1] and not any(plain[n : n + gap + 1])), len(lines))


def inside(luma: np.ndarray, gap: int, rounds: int) -> tuple[float, ...] | None:
    rows, left, top = luma.tolist(), 0, 0
    for _ in range(rounds):
        above, below = strip(rows, gap), strip(rows[::-1], gap)
        rows, top = rows[above : max(len(rows) - below, above)], top + above
        columns = [list(column) for column in zip(*rows, strict=True)]
        before, after = strip(columns, gap), strip(columns[::-1], gap)
        columns, left = columns[before : max(len(columns) - after, before)], left + before
        if min(len(columns), len(rows)) < 0.2 * 128:
            return None
        rows = [list(row) for row in zip(*columns, strict=True)]
        if not (above or below or before or after):
            break
    edges = (left / 128, top / 128, (left + len(rows[0])) / 128, (top + len(rows)) / 128)
    return None if edges == (0, 0, 1, 1) else edges


def striped(random: np.random.Generator) -> np.ndarray:
    """Noise under lines of about one shade at all edges, some with lines of another kind between them."""
    luma = random.integers(0, 256, (128, 128), np.uint8)
    for turn in range(4):
        for _ in range(3):
            lines, line = random.integers(1, 40), int(random.integers(12, 244)) + random.integers(-13, 14, 128)
            luma[: int(lines)] = line
            if random.random() < 0.5:
                luma[random.integers(1, 30, 2)] = random.integers(0, 256, (2, 128), np.uint8)
        luma = np.rot90(luma, turn)
    return luma


def test_borders_and_pages_are_what_they_are_said_to_be():
    random = np.random.default_rng(0)
    lumas = np.stack([striped(random) for _ in range(40)])
    expected = [[inside(luma, *how) for luma in lumas] for how in ((0, 1), (12, 4))]
    assert [find_borders(lumas), find_pages(lumas)] == expected
    assert all(5 < sum(window is not None for window in windows) < 40 for windows in expected)
