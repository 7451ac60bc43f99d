"""Verifies that two pictures with near hashes are one: small views of them, aligned, are correlated.

All sums are of integers, so that a score is the same on any machine and in any batch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VIEW_SIDE = 64
MAX_SHIFT = 3  # pixels of a view

_FINE, _COARSE = 1, 3  # radii of the two means whose difference is the band


def views(lumas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The views stored for lumas, uint8 (n, 128, 128): means of 2 x 2 pixels, uint8 (n, 64, 64)."""
    rows = lumas[:, ::2].astype(np.uint16) + lumas[:, 1::2]
    sums: NDArray[np.uint16] = rows[:, :, ::2] + rows[:, :, 1::2]
    return ((sums + 2) >> 2).astype(np.uint8)


def scores(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Similarity of views, uint8 (n, 64, 64) each: the smaller of two normalised cross-correlations, float32 (n,).

    The first compares the views; the second their details, at the best of the shifts by up to 3 pixels. From -1 to 1; 0
    if a view is blank.
    """
    return np.array([_score(one, other) for one, other in zip(first, second, strict=True)], np.float32)


def _score(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    whole = correlation(_centred(first), _centred(second))
    return min(whole, best_shift(band(first), band(second)))


def correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The cosine between two arrays of the same shape; 0 if one is all zero."""
    norms = float(np.vdot(first, first)) * float(np.vdot(second, second))
    return float(np.vdot(first, second)) / norms**0.5 if norms else 0.0


def best_shift(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The best correlation of the first array's middle with the second shifted by up to 3 pixels each way."""
    middle = first[MAX_SHIFT:-MAX_SHIFT, MAX_SHIFT:-MAX_SHIFT]
    shifted = np.lib.stride_tricks.sliding_window_view(second, middle.shape).reshape(-1, middle.size)
    products = shifted @ middle.ravel()
    norms = np.einsum("ij,ij->i", shifted, shifted) * float(np.vdot(middle, middle))
    return float((products / np.sqrt(np.where(norms, norms, np.inf))).max())


def band(view: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The details of uint8 (64, 64) between two scales: a small mean less a large one, float64 integers."""
    fine, coarse = 2 * _FINE + 1, 2 * _COARSE + 1
    return _box_sums(view, _FINE) * coarse**2 - _box_sums(view, _COARSE) * fine**2


def _centred(view: NDArray[np.uint8]) -> NDArray[np.float64]:
    values = view.astype(np.float64)
    total: np.float64 = values.sum()
    return values * values.size - total


def _box_sums(view: NDArray[np.uint8], radius: int) -> NDArray[np.float64]:
    """Sums over the square of this radius around each pixel; the edges are mirrored."""
    padded = np.pad(view.astype(np.float64), radius, mode="symmetric")
    sums: NDArray[np.float64] = np.pad(padded.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    side = 2 * radius + 1
    return sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
