"""Frequent n-grams: the exact `top_k` of all counts, chosen from histograms alone, without a global sort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Histogram = dict[int, int]  # count -> number of n-grams of one hash range that have it


@dataclass(frozen=True)
class FrequencyCut:
    """The frequent n-grams: every count over `count`, and of those equal to it the first `ties[part]` of each range.

    `distinct` and `frequent` are numbers of n-grams; with `all_frequent` nothing can be rare.
    """

    count: int
    ties: tuple[int, ...]
    distinct: int
    frequent: int

    @property
    def all_frequent(self) -> bool:
        return self.distinct == self.frequent


def histogram(counts: np.ndarray) -> Histogram:
    """Number of n-grams with each count; counts uint32 (n,)."""
    values, numbers = np.unique(counts, return_counts=True)
    return dict(zip(values.tolist(), numbers.tolist(), strict=True))


def choose_cut(histograms: Sequence[Histogram], top_k: int, min_count: int) -> FrequencyCut:
    """Chooses the cut, for histograms in the order of hash ranges: ties go to the smallest hash, so to the first."""
    total = sum((Counter(part) for part in histograms), Counter())
    distinct, frequent, count = total.total(), 0, max(min_count, 1)
    for count in sorted((seen for seen in total if seen >= max(min_count, 1)), reverse=True):
        frequent += total[count]
        if frequent >= top_k:
            break
    surplus = max(frequent - top_k, 0)
    return FrequencyCut(count, _ties(histograms, count, total[count] - surplus), distinct, frequent - surplus)


def _ties(histograms: Sequence[Histogram], count: int, quota: int) -> tuple[int, ...]:
    ties = []
    for part in histograms:
        taken = min(part.get(count, 0), quota)
        ties.append(taken)
        quota -= taken
    return tuple(ties)


def select(hashes: np.ndarray, counts: np.ndarray, count: int, ties: int) -> np.ndarray:
    """The frequent hashes of one range, uint64: those over `count`, and the first `ties` that equal it, sorted."""
    chosen = counts > count
    chosen[np.flatnonzero(counts == count)[:ties]] = True
    return hashes[chosen]
