"""The form of a rule: one sentence of the paper, its numbers, and a comparison on measured signals.

A rule measures nothing: signals arrive as Arrow columns, and the rule marks the pairs that it drops.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.bins import Bins
from filters.signals import COMPARABLE

Signals = Mapping[str, pa.ChunkedArray | pa.Array]


class RuleError(ValueError):
    """A rule that raised, or that returned something other than a boolean a pair."""


class Rule(Protocol):
    """A frozen dataclass whose docstring is the sentence, with its boundary, and whose fields are its numbers.

    A rule may also have `sentence()`, `decided(row)` and `bins()`; the functions of these names below have defaults.
    """

    reason: ClassVar[str]  # the code that a dropped pair, its count and its line in the report carry
    needs: ClassVar[tuple[str, ...]]  # the signals it compares

    @property
    def enabled(self) -> bool: ...

    def drops(self, signals: Signals) -> Any:
        """Marks the pairs that the rule drops: one boolean a pair; null where a signal was not measured."""
        ...


def check_needs(rule: Rule) -> None:
    """Raises ValueError for a rule that needs a signal which nothing measures."""
    for name in rule.needs:
        if name not in COMPARABLE:
            known = ", ".join(COMPARABLE)
            raise ValueError(
                f"rule {rule.reason} needs the signal {name}, which nothing measures; the signals are {known}"
            )


def sentence(rule: Rule) -> str:
    """The words for the pairs that `rule` drops, with its numbers; by default its docstring and its settings."""
    if own := getattr(rule, "sentence", None):
        return str(own())
    paragraph = " ".join(inspect.cleandoc(rule.__doc__ or "").split("\n\n")[0].split()).removesuffix(".")
    return f"{paragraph} ({settings})" if (settings := _settings(rule)) else paragraph


def decided(rule: Rule, row: Mapping[str, Any]) -> str:
    """The number for which `rule` drops the pair with the verdict `row`, beside the number of the rule.

    By default the values of the signals that it needs, and its settings.
    """
    if own := getattr(rule, "decided", None):
        return str(own(row))
    values = [f"{name} {_written(row[name])}" for name in rule.needs if name in row]
    return ", ".join([*values, _settings(rule)] if _settings(rule) else values)


def bins(rule: Rule) -> Bins | None:
    """The bins of the rule's histogram; None for a rule without one."""
    own = getattr(rule, "bins", None)
    made: Bins | None = own() if own else None
    return made


def _settings(rule: Rule) -> str:
    fields: Any = dataclasses.fields(rule)  # type: ignore[arg-type]
    shown = [field.name for field in fields if field.name != "enabled"]
    return ", ".join(f"{name}={_written(getattr(rule, name))}" for name in shown)


def _written(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def dropped(rule: Rule, signals: Signals) -> np.ndarray:
    """The pairs that `rule` drops, bool (pairs,). A null signal fails no rule. Raises RuleError."""
    try:
        mask = rule.drops(signals)
        mask = mask if isinstance(mask, pa.Array | pa.ChunkedArray) else pa.array(mask)
    except Exception as error:
        raise RuleError(f"rule {rule.reason}: {type(error).__name__}: {_first_line(error)}") from error
    pairs = len(signals[rule.needs[0]])
    if len(mask) != pairs or not (pa.types.is_boolean(mask.type) or pa.types.is_null(mask.type)):
        raise RuleError(f"rule {rule.reason}: drops gave {len(mask):,} of {mask.type}, not {pairs:,} booleans")
    return np.asarray(pc.fill_null(mask.cast(pa.bool_()), False), dtype=bool)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def survivors(rules: Iterable[Rule], signals: Signals, pairs: int) -> np.ndarray:
    """The pairs that no rule drops, bool (pairs,)."""
    kept = np.ones(pairs, dtype=bool)
    for rule in rules:
        kept &= ~dropped(rule, signals)
    return kept


def failures(rules: Sequence[Rule], signals: Signals, pairs: int) -> np.ndarray:
    """The rules that drop each pair, bool (pairs, rules)."""
    failed = np.zeros((pairs, len(rules)), dtype=bool, order="F")
    for column, rule in enumerate(rules):
        failed[:, column] = dropped(rule, signals)
    return failed


def reasons(rules: Sequence[Rule], failed: np.ndarray) -> pa.ListArray:
    """The codes of the rules that drop each pair by `failed`, in the order of `rules`; an empty list is a kept pair."""
    offsets = np.concatenate([[0], np.cumsum(failed.sum(axis=1, dtype=np.int32))]).astype(np.int32)
    codes = pa.array([rule.reason for rule in rules], pa.string())
    which = pa.array((np.flatnonzero(failed) % max(len(rules), 1)).astype(np.int32))
    return pa.ListArray.from_arrays(pa.array(offsets), codes.take(which))


def first_failures(failed: np.ndarray) -> np.ndarray:
    """The number of the first rule that drops each pair, int64 (pairs,); -1 for a kept pair."""
    first = np.full(len(failed), -1)
    for rule in reversed(range(failed.shape[1])):
        first[failed[:, rule]] = rule
    return first
