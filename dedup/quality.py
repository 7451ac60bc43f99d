"""Finds windows that hold too little for a hash: in a blank sky or a flag most bits are noise, so any two are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedup.hashing import HASH_BITS

NOISE = 0.05  # luma: about what JPEG quality 30 does to a coefficient
MIN_STABLE = 0.25


def stable_share(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share of the coefficients (..., 16, 16) that noise doesn't move across their median; float32 (...)."""
    flat = coefficients.reshape(*coefficients.shape[:-2], HASH_BITS)
    share: NDArray[np.float32] = (np.abs(flat) > NOISE).mean(axis=-1, dtype=np.float32)
    return share


def is_informative(coefficients: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Marks coefficients (..., 16, 16) whose hash distinguishes pictures, bool (...)."""
    return stable_share(coefficients) >= MIN_STABLE
