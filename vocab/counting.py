"""Counts of hashes: sort, then measure the runs."""

from __future__ import annotations

import numpy as np
from numba import njit

DIGIT = 11  # bits
DIGITS = 6


def count(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct hashes (uint64, sorted) and how often each occurs (uint32, which saturates at 2^32 - 1)."""
    return _run_lengths(radix_sort(hashes))
