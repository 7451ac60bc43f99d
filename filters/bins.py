"""The bins of a rule's histogram, and helpers that lay them out so that the rule's number is always an edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST_DIGITS = 100  # for a number in a text
_NUMBER = rf"^[+-]?(\d{{1,{MOST_DIGITS}}}\.?\d{{0,{MOST_DIGITS}}}|\.\d{{1,{MOST_DIGITS}}})([eE][+-]?\d{{1,2}})?$"


@dataclass(frozen=True, eq=False)
class Bins:
    """A histogram of one number: its value by the signal's name or by a function of signals, and where bins begin."""

    value: str | Callable[[Any], pa.Array]
    edges: np.ndarray  # the beginning of each bin, ascending; the last bin has no end
    cuts: tuple[tuple[float, str], ...] = ()  # edges between kept and dropped, with labels such as "≥ 3" or "≤ 20"
    title: str = ""  # default: the signal's name
    unit: str = ""
    unmeasured: str = "the pair has no such value"  # why a pair may have none
    note: str = ""  # a sentence about the values, under the histogram
    whole: bool = True  # True: a bin holds its beginning, as "at least" does; False: its end, as "at most" does
    log_values: bool = False
    log_pairs: bool = False

    def values(self, signals: Any) -> pa.Array:
        """The number of each pair; null where it has none."""
        return numbers(signals[self.value]) if isinstance(self.value, str) else self.value(signals)


def numbers(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column as float64; null where a text is no number, and where a number is not finite.

    CSV and TSV carry their values as texts.
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        trimmed = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.match_substring_regex(trimmed, _NUMBER), trimmed, None)
    values = pc.cast(column, pa.float64(), safe=False)
    return pc.if_else(pc.is_finite(values), values, None)


def by_factors(cut: int, steps: int) -> np.ndarray:
    """Whole edges from 1 upwards in constant factors, `steps` of them to a doubling, with `cut` among them."""
    factors = 2.0 ** (np.arange(-40 * steps, 40 * steps + 1) / steps)
    return np.unique(np.maximum(np.rint(max(cut, 1) * factors), 1.0))


def around(cut: float, lowest: float, highest: float, bins: int) -> np.ndarray:
    """Edges of about `bins` equal steps from `lowest` to `highest`, with `cut` among them exactly."""
    if not lowest < cut < highest:
        return np.linspace(lowest, highest, bins + 1)
    below = max(1, round(bins * (cut - lowest) / (highest - lowest)))
    above = np.linspace(cut, highest, max(1, bins - below) + 1)
    return np.concatenate([np.linspace(lowest, cut, below + 1), above[1:]])
