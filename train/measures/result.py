"""What measuring a set gives: lines of numbers, and what they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from train.retrieval import RANKS, Recalls

LeftOut = Mapping[str, tuple[str, ...]]  # by the reason: names
RECALL = tuple(f"R@{rank}" for rank in RANKS)


@dataclass(frozen=True)
class Line:
    """One measure: its name, what its numbers are called, the numbers, from 0 to 1, and what chance would reach."""

    name: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    chance: tuple[float, ...] = ()

    @classmethod
    def of_recalls(cls, name: str, recalls: Recalls) -> Line:
        """R@1, R@5 and R@10."""
        return cls(name, RECALL, recalls.found, recalls.chance)


@dataclass(frozen=True)
class Measured:
    """The measures of one set, how many of what they are of, what was left out by the reason, and what else to know."""

    lines: tuple[Line, ...]
    counts: Mapping[str, int]
    left_out: LeftOut = field(default_factory=dict)
    notes: tuple[str, ...] = ()
