"""Rules that an earlier run has judged: its reasons decide, and no number is compared again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import Rule
from filters.base import Signals

JUDGED = "judged"  # the column with the earlier run's reasons, a list of strings a pair


@dataclass(frozen=True)
class JudgedRule:
    """Dropped by the earlier run."""

    reason: str
    enabled: bool = True
    needs: tuple[str, ...] = (JUDGED,)

    def drops(self, signals: Signals) -> np.ndarray:
        """Marks the pairs that the earlier run dropped for this reason, bool (pairs,)."""
        column = signals[JUDGED]
        found = np.zeros(len(column), dtype=bool)
        parents = pc.list_parent_indices(column).to_numpy()
        found[parents[pc.equal(pc.list_flatten(column), pa.scalar(self.reason)).to_numpy(zero_copy_only=False)]] = True
        return found


def judged_before(rules: Iterable[Rule], codes: Iterable[str]) -> list[Rule]:
    """Returns the rules, with those of `codes` replaced by the earlier run's judgement."""
    known = frozenset(codes)
    made: list[Any] = [JudgedRule(rule.reason) if rule.reason in known else rule for rule in rules]
    return made
