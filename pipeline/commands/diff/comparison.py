"""The numbers of a comparison: the outcomes of each pair in both runs, and the rows of examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.commands.diff.match import match
from pipeline.commands.diff.pairs import Pairs
from pipeline.commands.diff.runs import ABSENT, KEPT

SHOWN = 8  # examples of a change, at most
Change = tuple[str, str]  # outcomes in the first run and in the second


@dataclass(frozen=True)
class Chosen:
    """The examples of one change, in the order of their draws."""

    draws: np.ndarray  # uint64 (examples,)
    images: np.ndarray  # uint64 (examples,)
    rows: np.ndarray  # rows in the two runs, int64 (examples, 2); -1 in a run that lacks the pair

    def smallest(self) -> Chosen:
        """The first SHOWN by their draws, one for each image; of equal draws the first by image and row."""
        order = np.lexsort((*self.rows.T, self.images, self.draws))
        _, first = np.unique(self.images[order], return_index=True)
        return self.take(order[np.sort(first)[:SHOWN]])

    def take(self, which: np.ndarray) -> Chosen:
        """The examples at these places."""
        return Chosen(self.draws[which], self.images[which], self.rows[which])

    def __add__(self, other: Chosen) -> Chosen:
        columns = ((self.draws, other.draws), (self.images, other.images), (self.rows, other.rows))
        return Chosen(*map(np.concatenate, columns))


@dataclass
class Comparison:
    """Counts of pairs by their outcomes, which are numbers in `outcomes`: in the first run and in the second."""

    outcomes: tuple[str, ...]
    counts: np.ndarray = field(init=False)  # int64 (outcomes, outcomes)
    chosen: dict[Change, Chosen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = np.zeros((len(self.outcomes), len(self.outcomes)), np.int64)

    def add(self, one: Pairs, two: Pairs) -> None:
        """Counts the pairs of one hash range, and chooses examples among them."""
        first, second = match(one, two)
        alone, new = _others(one, first), _others(two, second)
        self._count(one.take(first), two.take(second))
        self._count(alone, self._absent(alone))
        self._count(self._absent(new), new)

    def _absent(self, pairs: Pairs) -> Pairs:
        """Pairs as they stand in a run that lacks them."""
        outcomes = np.full(len(pairs), self.outcomes.index(ABSENT), np.uint16)
        return Pairs(pairs.contents, pairs.places, pairs.images, pairs.draws, np.full(len(pairs), -1), outcomes)

    def _count(self, one: Pairs, two: Pairs) -> None:
        cells = one.outcomes.astype(np.int64) * len(self.outcomes) + two.outcomes
        self.counts += np.bincount(cells, minlength=self.counts.size).reshape(self.counts.shape)
        draws = np.minimum(one.draws, two.draws)  # a picture may be at hand in either
        found = Chosen(draws, one.images, np.stack([one.rows.astype(np.int64), two.rows.astype(np.int64)], 1))
        for cell in np.unique(cells[one.outcomes != two.outcomes]).tolist():
            change = (self.outcomes[cell // len(self.outcomes)], self.outcomes[cell % len(self.outcomes)])
            new = found.take(np.flatnonzero(cells == cell))
            self.chosen[change] = (self.chosen[change] + new if change in self.chosen else new).smallest()

    def count(self, *change: str) -> int:
        """Pairs with these outcomes in the first run and in the second."""
        first, second = map(self.outcomes.index, change)
        return int(self.counts[first, second])

    def changes(self) -> Iterator[tuple[Change, int]]:
        """The changes that any pair has, in the order of outcomes, with their counts."""
        for first, second in np.argwhere(self.counts).tolist():
            if first != second:
                yield (self.outcomes[first], self.outcomes[second]), int(self.counts[first, second])

    @property
    def lost(self) -> dict[str, int]:
        """Pairs of both runs that the first keeps, by the first reason in the second."""
        return {after: count for (before, after), count in self.changes() if before == KEPT and after != ABSENT}

    @property
    def gained(self) -> dict[str, int]:
        """Pairs of both runs that the second keeps, by the first reason in the first."""
        return {before: count for (before, after), count in self.changes() if after == KEPT and before != ABSENT}

    @property
    def moved(self) -> dict[Change, int]:
        """Pairs that both runs drop, by their first reasons, where these differ."""
        return {change: count for change, count in self.changes() if not {KEPT, ABSENT} & {*change}}

    @property
    def gone(self) -> dict[str, int]:
        """Pairs of the first run alone, by their outcome."""
        return {before: count for (before, after), count in self.changes() if after == ABSENT}

    @property
    def new(self) -> dict[str, int]:
        """Pairs of the second run alone, by their outcome."""
        return {after: count for (before, after), count in self.changes() if before == ABSENT}

    @property
    def common(self) -> int:
        """Pairs of both runs."""
        return int(self.counts.sum()) - sum(self.gone.values()) - sum(self.new.values())


def _others(pairs: Pairs, found: np.ndarray) -> Pairs:
    return pairs.take(np.setdiff1d(np.arange(len(pairs)), found, assume_unique=True))
