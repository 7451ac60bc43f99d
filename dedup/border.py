"""Borders around a picture on a page: frames, letterboxes, captions, the bars of a screenshot.

Lines of one shade at an edge don't belong to the picture, nor do some lines of text between such lines. Importing this
module loads numba.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.hashing import LUMA_SIDE
from dedup.windows import Window
from vocab.kernel import kernel

TOLERANCE = 12  # luma, from the median of the outermost line
UNIFORM = 0.95  # share of a line's pixels within the tolerance
SMALLEST = 0.2  # smallest share of a side that may be left
TEXT_LINES = 12  # maximum lines, of 128, between lines of one shade
_ROUNDS = 4  # rounds for a page, whose bars have several shades


def find_borders(lumas: NDArray[np.uint8]) -> list[Window | None]:
    """The window inside the border of each of uint8 (n, 128, 128).

    None without a border, or if hardly a picture is left.
    """
    return _windows(_inside(np.array(lumas), gap=0, rounds=1))


def find_pages(lumas: NDArray[np.uint8]) -> list[Window | None]:
    """The window left after removing lines of text and bars of any shade too; None as in `find_borders`."""
    return _windows(_inside(np.array(lumas), gap=TEXT_LINES, rounds=_ROUNDS))


def load_kernels() -> None:
    """Calls the compiled kernel once, on next to nothing."""
    find_borders(np.zeros((1, LUMA_SIDE, LUMA_SIDE), np.uint8))


def _windows(edges: NDArray[np.int64]) -> list[Window | None]:
    """Top, bottom, left and right of each window, (n, 4), as windows; None for all of the luma."""
    changed = (edges != [0, LUMA_SIDE, 0, LUMA_SIDE]).any(axis=1).tolist()
    fractions = (edges / LUMA_SIDE).tolist()
    return [
        Window(left, top, right, bottom) if found else None
        for found, (top, bottom, left, right) in zip(changed, fractions, strict=True)
    ]


@kernel
def _inside(lumas: np.ndarray, gap: int, rounds: int) -> np.ndarray:
    """Top, bottom, left and right of what is left of each luma, int64 (n, 4); of all of it, if that is too little."""
    edges = np.empty((len(lumas), 4), np.int64)
    for image in range(len(lumas)):
        edges[image] = _inside_one(lumas[image], gap, rounds)
    return edges


@njit(inline="always")
def _inside_one(luma: np.ndarray, gap: int, rounds: int) -> tuple[int, int, int, int]:
    side = len(luma)
    top, bottom, left, right = 0, side, 0, side
    for _ in range(rounds):
        above, below = _strips(luma[top:bottom, left:right], gap)
        top, bottom = top + above, bottom - below
        before, after = _strips(luma.T[left:right, top:bottom], gap)
        left, right = left + before, right - after
        if min(bottom - top, right - left) < SMALLEST * side:
            return 0, side, 0, side
        if above + below + before + after == 0:
            break
    return top, bottom, left, right


@njit
def _strips(lines: np.ndarray, gap: int) -> tuple[int, int]:
    """Counts the first and the last lines, uint8 (lines, pixels), that don't belong to the picture."""
    return (_strip(lines, gap), _strip(lines[::-1], gap)) if lines.size else (0, 0)


@njit
def _strip(lines: np.ndarray, gap: int) -> int:
    shade = _middle(lines[0])
    if not _is_uniform(lines[0], shade):
        return 0
    last = 0
    for number in range(1, len(lines)):
        if number - last > gap + 1:
            break
        if _is_uniform(lines[number], shade):
            last = number
    return last + 1


@njit
def _middle(line: np.ndarray) -> int:
    """The upper of the two middle values."""
    counts = np.zeros(256, np.int64)
    for value in line:
        counts[value] += 1
    shade, upto = 0, counts[0]
    while upto <= len(line) // 2:
        shade += 1
        upto += counts[shade]
    return shade


@njit
def _is_uniform(line: np.ndarray, shade: int) -> bool:
    near = 0
    for value in line:
        near += int(abs(np.int64(value) - shade) <= TOLERANCE)
    return near >= UNIFORM * len(line)
