"""The hash of an image: one bit for each of the 256 lowest cosine coefficients of its luma, set above their median.

Any machine, batch and number of threads gives the same bits: the cosines are integers, so that every sum is exact.
Within a bit or two of `imagehash.phash(hash_size=16)`, in the same order of bits.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LUMA_SIDE = 128  # side of the luma that filters.picture gives
HASH_SIDE = 16
HASH_BITS = HASH_SIDE * HASH_SIDE
HASH_BYTES = HASH_BITS // 8
HASH_WORDS = HASH_BITS // 64
ORIENTATIONS = 8

# float64 is exact up to 2^53; the largest sum here is 255 * 128^2 * 2^28 < 2^50.
SCALE = 1 << 14
_CHUNK = 64


@lru_cache(maxsize=1024)
def cosines(begin: float = 0.0, end: float = 1.0) -> NDArray[np.float64]:
    """DCT-II basis (16, 128) of the part [begin, end] of a side, in fractions; integers. A pixel partly inside counts
    partly. Every row but the first sums to zero exactly, being differences of the rounded integral of a cosine.
    """
    pixel = 1 / (LUMA_SIDE * (end - begin))
    edges = np.clip((np.arange(LUMA_SIDE + 1) / LUMA_SIDE - begin) / (end - begin), 0, 1)
    frequency = np.arange(1, HASH_SIDE)[:, None]
    waves = np.sin(np.pi * frequency * edges) / (2 * np.sin(np.pi * frequency * pixel / 2))
    return np.diff(np.rint(SCALE * np.vstack([edges / pixel, waves])), axis=1)


_COSINES = cosines()
_ALTERNATING = np.where(np.arange(HASH_SIDE) % 2, -1, 1).astype(np.float32)


def coefficients(lumas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The lowest coefficients of uint8 (n, 128, 128), float32 (n, 16, 16): vertical, then horizontal frequency.

    Values are in units of luma: [:, 0, 0] is the mean.
    """
    found = np.empty((len(lumas), HASH_SIDE, HASH_SIDE), np.float32)
    for start in range(0, len(lumas), _CHUNK):
        part = slice(start, start + _CHUNK)
        sums = _COSINES @ lumas[part].astype(np.float64) @ _COSINES.T
        found[part] = sums / (SCALE * LUMA_SIDE) ** 2
    return found


def orientations(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """The coefficients (n, 8, 16, 16) of the upright image, mirrored left-right, top-bottom, turned by 180 degrees, and
    of the transposes of these four: a mirrored cosine changes its sign where the frequency is odd.
    """
    mirrored = mirror(coefficients)
    flipped = coefficients * _ALTERNATING[:, None]
    turned = mirrored * _ALTERNATING[:, None]
    upright = np.stack([coefficients, mirrored, flipped, turned], axis=1)
    return np.concatenate([upright, upright.swapaxes(-1, -2)], axis=1)


def mirror(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """The coefficients (..., 16, 16) of the image mirrored left-right."""
    return coefficients * _ALTERNATING


def hash_bits(coefficients: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Hashes (..., 16, 16) to uint64 (..., 4): row by row, a bit is set if a coefficient lies above the median.

    A value above the lower median is also above the median, so no averaging, with its rounding, is needed.
    """
    flat = coefficients.reshape(*coefficients.shape[:-2], HASH_BITS)
    middle = HASH_BITS // 2 - 1
    median = np.partition(flat, middle, axis=-1)[..., middle : middle + 1]
    return np.packbits(flat > median, axis=-1).view(np.uint64)


def hashes(lumas: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The hash of each luma of uint8 (n, 128, 128), uint64 (n, 4)."""
    return hash_bits(coefficients(lumas))


def to_hex(hash_: NDArray[np.uint64]) -> str:
    """64 hex digits of a hash, uint64 (4,), as `str()` of an imagehash gives them."""
    return hash_.tobytes().hex()


def from_hex(text: str) -> NDArray[np.uint64]:
    """The hash, uint64 (4,), of 64 hex digits. Raises ValueError."""
    if len(text) != HASH_BITS // 4:
        raise ValueError(f"a hash has {HASH_BITS // 4} hex digits, this has {len(text)}: {text}")
    return np.frombuffer(bytes.fromhex(text), np.uint64)


def hamming(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Counts the bits in which hashes (..., 4) differ, int32 (...)."""
    differing: NDArray[np.int32] = np.bitwise_count(first ^ second).sum(axis=-1, dtype=np.int32)
    return differing
