"""Decoding of UTF-8, compiled, for the kernels of other files.

Numba caches machine code until the file with the kernel changes: after a change here, remove `__pycache__`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

INVALID = np.int64(-1)
LAST = np.int64(0x10FFFF)


@njit(inline="always")
def decode(data: np.ndarray, i: np.int64) -> tuple[np.int64, np.int64]:
    """Decodes the code point at byte `i` of valid UTF-8; also returns the next one's byte index."""
    c = np.int64(data[i])
    if c < 0x80:
        return c, i + 1
    if c < 0xE0:
        return (c & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F), i + 2
    tail = np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
    if c < 0xF0:
        return (c & 0x0F) << 12 | tail, i + 3
    return min((c & 0x07) << 18 | tail << 6 | np.int64(data[i + 3] & 0x3F), LAST), i + 4


@njit(inline="always")
def decode_strictly(data: np.ndarray, i: np.int64) -> tuple[np.int64, np.int64]:
    """Decodes any bytes; returns INVALID and `i` for invalid UTF-8."""
    c = np.int64(data[i])
    if c < 0x80:
        return c, i + 1
    more = 1 if c < 0xE0 else 2 if c < 0xF0 else 3
    if c < 0xC2 or c > 0xF4 or i + more >= len(data):
        return INVALID, i
    c &= 0x3F >> more
    for k in range(1, more + 1):
        if data[i + k] & 0xC0 != 0x80:
            return INVALID, i
        c = c << 6 | np.int64(data[i + k] & 0x3F)
    overlong = c < (0x80 if more == 1 else 0x800 if more == 2 else 0x10000)
    if overlong or 0xD800 <= c < 0xE000 or c > LAST:
        return INVALID, i
    return c, i + more + 1
