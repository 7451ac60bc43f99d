"""Rows in blocks of delimited text with known quoted values, compiled. Importing this loads numba (0.2 s).

`data`, `breaks` and `plain` are as in `quotes.py`.
"""

from __future__ import annotations

import numpy as np

from pipeline.inputs.text.quotes import CR, LF, QUOTE
from vocab.kernel import kernel


@kernel
def requoted(data: np.ndarray, begin: int, end: int, plain: np.ndarray) -> np.ndarray:
    """The bytes from `begin` to `end`, uint8, by RFC 4180: each value of `plain` in quotes, inner quotes doubled."""
    doubled, value, size = False, 0, 0
    out = np.empty(2 * (end - begin + len(plain)), np.uint8)
    for at in range(begin, end):
        if value < len(plain) and at == plain[value, 0]:
            out[size], size, doubled = QUOTE, size + 1, True
        out[size], size = data[at], size + 1
        if doubled and data[at] == QUOTE:
            out[size], size = QUOTE, size + 1
        if doubled and at + 1 == plain[value, 1]:
            out[size], size, doubled, value = QUOTE, size + 1, False, value + 1
    return out[:size]


@kernel
def last_row_end(data: np.ndarray, stop: int, breaks: np.ndarray) -> int:
    """The end of the last row that ends at or before `stop`, including its line break; 0 if there is none."""
    at, value = stop, len(breaks) - 1
    while at > 0:
        while value >= 0 and breaks[value, 0] >= at:
            value -= 1
        if value >= 0 and breaks[value, 1] >= at:
            at = breaks[value, 0]
        elif _is_line_end(data, at):
            return at
        else:
            at -= 1
    return 0


@kernel
def first_row_end(data: np.ndarray, breaks: np.ndarray) -> int:
    """The end of the first row, including its line break."""
    return first_long_row(data, -1, breaks)[1]


@kernel
def first_long_row(data: np.ndarray, most_bytes: int, breaks: np.ndarray) -> tuple[int, int]:
    """Start and end of the first row of over `most_bytes`, without line break; twice the end of `data` if none."""
    row, at, value = 0, 0, 0
    while at < len(data):
        if value < len(breaks) and breaks[value, 0] == at:
            at, value = breaks[value, 1], value + 1
        at += 1
        if at == len(data) or _is_line_end(data, at):
            if _length(data, row, at) > most_bytes:
                return row, at
            row = at
    return at, at


@kernel
def _is_line_end(data: np.ndarray, at: int) -> bool:
    """Returns whether a line break ends right before `at`; a CR at the end of `data` does."""
    return data[at - 1] == LF or (data[at - 1] == CR and (at == len(data) or data[at] != LF))


@kernel
def _length(data: np.ndarray, row: int, end: int) -> int:
    while end > row and (data[end - 1] == LF or data[end - 1] == CR):
        end -= 1
    return end - row
