"""The lowest cosine coefficients of any window of a luma, by two small multiplications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dedup.hashing import HASH_SIDE, LUMA_SIDE, SCALE, cosines

_CHUNK = 4  # lumas multiplied at once: 2.5 MB with 37 windows


class Window(NamedTuple):
    """A part of an image, with edges as fractions of the width and the height. At least an eighth of each side."""

    left: float
    top: float
    right: float
    bottom: float


FULL = Window(0.0, 0.0, 1.0, 1.0)


class Windows:
    """Computes the coefficients of the same w windows of each luma. Sums are exact: batches don't matter."""

    def __init__(self, windows: Sequence[Window]) -> None:
        bands = list(dict.fromkeys((window.top, window.bottom) for window in windows))  # many windows share one
        self._rows = np.concatenate([cosines(top, bottom) for top, bottom in bands])
        self._bands = np.array([bands.index((window.top, window.bottom)) for window in windows])
        self._columns = np.stack([cosines(window.left, window.right).T for window in windows])
        areas = [(window.right - window.left) * (window.bottom - window.top) for window in windows]
        self._weights = np.array(areas)[:, None, None] * (SCALE * LUMA_SIDE) ** 2

    def __call__(self, lumas: np.ndarray) -> np.ndarray:
        """float32 (n, w, 16, 16) from uint8 (n, 128, 128), in units of luma."""
        found = np.empty((len(lumas), len(self._columns), HASH_SIDE, HASH_SIDE), np.float32)
        for start in range(0, len(lumas), _CHUNK):
            part = slice(start, start + _CHUNK)
            bands = (self._rows @ lumas[part].astype(np.float64)).reshape(len(lumas[part]), -1, HASH_SIDE, LUMA_SIDE)
            found[part] = (bands[:, self._bands] @ self._columns) / self._weights
        return found


def window_coefficients(luma: np.ndarray, window: Window) -> np.ndarray:
    """The coefficients of one window of a luma, uint8 (128, 128): float32 (16, 16), as `Windows` gives them."""
    left, top, right, bottom = window
    sums = cosines(top, bottom) @ luma.astype(np.float64) @ cosines(left, right).T
    return (sums / ((right - left) * (bottom - top) * (SCALE * LUMA_SIDE) ** 2)).astype(np.float32)
