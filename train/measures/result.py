"""Results of measuring a set: lines of numbers, and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from train.retrieval import RANKS, Recalls

LeftOut = Mapping[str, tuple[str, ...]]  # reason -> names
RECALL = tuple(f"R@{rank}" for rank in RANKS)


@dataclass(frozen=True)
class Line:
    """A measure: its name, its numbers' labels, the numbers, from 0 to 1, and the level of chance."""

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
    """The measures of a set, counts of its items, names left out by reason, and remarks."""

    lines: tuple[Line, ...]
    counts: Mapping[str, int]
    left_out: LeftOut = field(default_factory=dict)
    notes: tuple[str, ...] = ()
