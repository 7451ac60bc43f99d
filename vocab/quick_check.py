"""Finds rows that are canonical text already: the quick check of NFC (Unicode annex 15, section 9), compiled, and more.

The answer is yes only if the text can't change. After a no, Python has to look.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from vocab.characters import UNSETTLED
from vocab.kernel import kernel
from vocab.utf8 import INVALID, decode_strictly

AMPERSAND, BLANK, DELETE = np.uint8(0x26), np.uint8(0x20), np.uint8(0x7F)
BLOCK = 64  # bytes


@kernel
def is_canonical(data: np.ndarray, offsets: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Marks rows that are valid UTF-8 and canonical, bool (rows,). `orders` is `nfc_orders()`."""
    origin = np.int64(offsets[0])
    data = data[origin : np.int64(offsets[-1])]
    blocks = suspicious_blocks(data)
    canonical = np.empty(len(offsets) - 1, np.bool_)
    for row in range(len(canonical)):
        begin, end = np.int64(offsets[row]) - origin, np.int64(offsets[row + 1]) - origin
        if begin == end:
            canonical[row] = True
        elif blocks[begin // BLOCK : (end - 1) // BLOCK + 1].any():
            canonical[row] = is_settled(data[begin:end], orders)
        else:
            canonical[row] = data[begin] != BLANK and data[end - 1] != BLANK
    return canonical


@kernel
def suspicious_blocks(data: np.ndarray) -> np.ndarray:
    """Marks blocks of the column with more than printable ASCII, single blanks and no ampersand, bool (blocks,).

    A loop without branches, which the compiler turns into vector code: most English needs no closer look.
    """
    blocks = np.ones((len(data) + BLOCK - 1) // BLOCK, np.bool_)
    for block in range((len(data) - 1) // BLOCK):
        bad = np.uint8(0)
        for i in range(block * BLOCK, (block + 1) * BLOCK):
            c = data[i]
            unprintable = np.uint8(c - BLANK) >= DELETE - BLANK
            two_blanks = (c | data[i + 1]) == BLANK
            bad |= np.uint8(unprintable) | np.uint8(c == AMPERSAND) | np.uint8(two_blanks)
        blocks[block] = bad != 0
    return blocks


@njit(inline="always")
def is_settled(data: np.ndarray, orders: np.ndarray) -> bool:
    """Returns whether one text is canonical, one code point at a time."""
    i, before, blank = np.int64(0), 0, True
    while i < len(data):
        c, i = decode_strictly(data, i)
        if c == INVALID:
            return False
        order = orders[c]
        if order == UNSETTLED:
            if c != AMPERSAND or not (i == len(data) or data[i] == BLANK):  # no HTML entity begins like this
                return False
            order = 0
        if 0 < order < before or (c == BLANK and blank):
            return False
        before, blank = order, c == BLANK
    return not blank
