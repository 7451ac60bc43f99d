"""What a rule is: one sentence of the paper, its numbers, and a comparison on measured signals.

It doesn't measure anything: signals arrive as Arrow columns, and a rule says which pairs it drops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Signals = Mapping[str, pa.ChunkedArray | pa.Array]


class Rule(Protocol):
    """A frozen dataclass whose docstring is the sentence, with its boundary, and whose fields are its numbers."""

    reason: ClassVar[str]  # the code that a dropped pair, its count and its line in the report carry
    needs: ClassVar[tuple[str, ...]]  # the signals it compares

    @property
    def enabled(self) -> bool: ...

    def drops(self, signals: Signals) -> pa.ChunkedArray | pa.Array:
        """Which pairs it drops: booleans, one a pair; null where a signal was not measured."""
        ...


def dropped(rule: Rule, signals: Signals) -> np.ndarray:
    """Which pairs `rule` drops, bool (pairs,). A null signal fails no rule."""
    mask = pc.fill_null(rule.drops(signals), False)
    return np.asarray(mask, dtype=bool)


def survivors(rules: Iterable[Rule], signals: Signals, pairs: int) -> np.ndarray:
    """Which pairs no rule drops, bool (pairs,)."""
    kept = np.ones(pairs, dtype=bool)
    for rule in rules:
        kept &= ~dropped(rule, signals)
    return kept


def failures(rules: Sequence[Rule], signals: Signals, pairs: int) -> np.ndarray:
    """Which rules drop each pair, bool (pairs, rules)."""
    failed = np.zeros((pairs, len(rules)), dtype=bool, order="F")
    for column, rule in enumerate(rules):
        failed[:, column] = dropped(rule, signals)
    return failed


def reasons(rules: Sequence[Rule], failed: np.ndarray) -> pa.ListArray:
    """The codes of the rules that `failed` says drop each pair, in the order of `rules`; an empty list is kept."""
    offsets = np.concatenate([[0], np.cumsum(failed.sum(axis=1, dtype=np.int32))]).astype(np.int32)
    codes = pa.array([rule.reason for rule in rules], pa.string())
    which = pa.array(np.nonzero(failed)[1].astype(np.int32))
    return pa.ListArray.from_arrays(pa.array(offsets), codes.take(which))


def first_failures(failed: np.ndarray) -> np.ndarray:
    """The number of the first rule that drops each pair, int64 (pairs,); -1 where none does."""
    first = np.full(len(failed), -1)
    for rule in reversed(range(failed.shape[1])):
        first[failed[:, rule]] = rule
    return first
