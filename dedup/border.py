"""Borders around a picture on a page: frames, letterboxes, captions, the bars of a screenshot.

Lines of one shade at an edge don't belong to the picture, nor do some lines of text between such lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedup.hashing import LUMA_SIDE
from dedup.windows import Window

TOLERANCE = 12  # luma, from the median of the outermost line
UNIFORM = 0.95  # share of a line's pixels within the tolerance
SMALLEST = 0.2  # smallest share of a side that may be left
TEXT_LINES = 12  # maximum lines, of 128, between lines of one shade
_ROUNDS = 4  # rounds for a page, whose bars have several shades


def find_border(luma: NDArray[np.uint8]) -> Window | None:
    """The window inside the border of uint8 (128, 128); None without a border, or if hardly a picture is left."""
    return _inside(luma, gap=0, rounds=1)


def find_page(luma: NDArray[np.uint8]) -> Window | None:
    """The window left after removing lines of text and bars of any shade too; None as in `find_border`."""
    return _inside(luma, gap=TEXT_LINES, rounds=_ROUNDS)


def has_border(lumas: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Marks lumas with one shade in any of their four outermost lines; uint8 (n, 128, 128) to bool (n,)."""
    lines = np.stack([lumas[:, 0], lumas[:, -1], lumas[:, :, 0], lumas[:, :, -1]], axis=1)
    bordered: NDArray[np.bool_] = np.any(_is_uniform(lines, _middle(lines)), axis=-1)
    return bordered


def _inside(luma: NDArray[np.uint8], gap: int, rounds: int) -> Window | None:
    top, bottom, left, right = edges = 0, LUMA_SIDE, 0, LUMA_SIDE
    rows, columns = luma, np.ascontiguousarray(luma.T)
    for _ in range(rounds):
        above, below = _strips(rows[top:bottom, left:right], gap)
        top, bottom = top + above, bottom - below
        before, after = _strips(columns[left:right, top:bottom], gap)
        left, right = left + before, right - after
        if min(bottom - top, right - left) < SMALLEST * LUMA_SIDE:
            return None
        if not (above or below or before or after):
            break
    found = top, bottom, left, right
    return None if found == edges else Window(*(edge / LUMA_SIDE for edge in (left, top, right, bottom)))


def _strips(lines: NDArray[np.uint8], gap: int) -> tuple[int, int]:
    """Counts the first and the last lines, uint8 (lines, pixels), that don't belong to the picture."""
    return (_strip(lines, gap), _strip(lines[::-1], gap)) if lines.size else (0, 0)


def _strip(lines: NDArray[np.uint8], gap: int) -> int:
    shade = _middle(lines[0])
    if not _is_uniform(lines[0], shade):
        return 0
    uniform = np.flatnonzero(_is_uniform(lines, shade))
    breaks = np.flatnonzero(np.diff(uniform) > gap + 1)
    return int(uniform[breaks[0]] if len(breaks) else uniform[-1]) + 1


def _middle(lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The upper of the two middle values of each line (..., pixels), (..., 1)."""
    half = lines.shape[-1] // 2
    return np.partition(lines, half, axis=-1)[..., half, None]


def _is_uniform(lines: NDArray[np.uint8], shade: NDArray[np.uint8]) -> NDArray[np.bool_]:
    low, high = np.maximum(shade, TOLERANCE) - TOLERANCE, np.minimum(shade, 255 - TOLERANCE) + TOLERANCE
    near = (lines >= low) & (lines <= high)
    uniform: NDArray[np.bool_] = near.sum(axis=-1, dtype=np.uint8) >= UNIFORM * lines.shape[-1]  # at most 128 pixels
    return uniform
