"""Histograms of the signals over all verdicts: each shard is counted when written, and the report adds them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow.compute as pc

from filters import Bins, EvalDuplicate, Rule, Signals
from filters.base import bins as bins_of
from filters.image import HASH_BITS

BY_VECTOR = "no near-duplicate was found, a model's vector found it, or a rule before dropped the pair"
Drops = Mapping[str, np.ndarray]  # the reason of a rule that judged to the pairs that it drops, bool (pairs,)


@dataclass
class Histogram:
    """Counts the pairs in each bin of a rule, and those that the rule drops."""

    rule: Rule
    bins: Bins
    pairs: np.ndarray = field(init=False)  # int64 (bins,)
    dropped: np.ndarray = field(init=False)  # int64 (bins,), all zero if the rule is disabled
    unmeasured: int = 0

    def __post_init__(self) -> None:
        self.pairs = np.zeros(len(self.bins.edges), dtype=np.int64)
        self.dropped = np.zeros_like(self.pairs)

    @property
    def measured(self) -> int:
        """Number of pairs that have a value."""
        return int(self.pairs.sum())

    @property
    def never(self) -> bool:
        """Returns whether the rule had nothing to compare. Only matches have a distance, so its absence is normal."""
        return not self.measured and bool(self.bins.cuts)

    @property
    def title(self) -> str:
        """The name of the number."""
        return self.bins.title or str(self.bins.value)

    def add(self, verdicts: Signals, drops: np.ndarray | None) -> None:
        """Counts the pairs of a shard by their verdict columns; `drops` is None where the rule judges nothing."""
        values = self.bins.values(verdicts)
        measured = np.asarray(pc.is_valid(values))
        if not measured.any():
            self.unmeasured += len(measured)
            return
        bins = self._bins(np.asarray(values.drop_null()))
        self.pairs += np.bincount(bins, minlength=len(self.pairs))
        if drops is not None:
            self.dropped += np.bincount(bins[drops[measured]], minlength=len(self.pairs))
        self.unmeasured += len(measured) - len(bins)

    def note(self) -> dict[str, Any]:
        """The non-zero counts of bins, for JSON."""
        return {"pairs": _sparse(self.pairs), "dropped": _sparse(self.dropped), "unmeasured": self.unmeasured}

    def add_note(self, note: dict[str, Any]) -> None:
        """Adds the counts from another `note`."""
        for counts, more in ((self.pairs, note["pairs"]), (self.dropped, note["dropped"])):
            for bin, pairs in more.items():
                counts[int(bin)] += pairs
        self.unmeasured += note["unmeasured"]

    def _bins(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value; below the first edge is the first bin, beyond the last edge the last."""
        bins = np.searchsorted(self.bins.edges, values, side="right" if self.bins.whole else "left") - 1
        return np.clip(bins, 0, len(self.pairs) - 1)


def histograms_of(rules: Iterable[Rule]) -> list[Histogram]:
    """The empty histograms of the rules that have bins, in their order."""
    found = [(rule, bins_of(rule)) for rule in rules]
    return [Histogram(rule, bins) for rule, bins in found if bins is not None]


def count_shard(rules: Iterable[Rule], verdicts: Signals, drops: Drops) -> list[dict[str, Any]]:
    """The counts of the histograms of `rules` over a shard's verdicts."""
    histograms = histograms_of(rules)
    for histogram in histograms:
        histogram.add(verdicts, drops.get(histogram.rule.reason))
    return [histogram.note() for histogram in histograms]


def add_up(rules: Iterable[Rule], shards: Iterable[list[dict[str, Any]]]) -> list[Histogram]:
    """Histograms of all shards, from each one's `count_shard`."""
    histograms = histograms_of(rules)
    for notes in shards:
        add_shard(histograms, notes)
    return histograms


def add_shard(histograms: Iterable[Histogram], notes: Iterable[dict[str, Any]]) -> None:
    """Adds the counts of a shard, its `count_shard` by the same rules."""
    for histogram, note in zip(histograms, notes, strict=True):
        histogram.add_note(note)


def with_distance(histograms: Iterable[Histogram], config: Mapping[str, Any]) -> list[Histogram]:
    """Adds what the settings of the search say to the histogram of distances to evaluation images."""
    limit = config["dedup"]["max_distance"]
    cut = ((limit + 1, f"≤ {limit:,}"),) if limit < HASH_BITS - 1 else ()
    made = list(histograms)
    for histogram in made:
        if histogram.rule.reason == EvalDuplicate.reason:
            vectors = config["dedup"].get("embedding", {}).get("model")
            unmeasured = BY_VECTOR if vectors else histogram.bins.unmeasured
            histogram.bins = replace(histogram.bins, cuts=cut, unmeasured=unmeasured)
    return made


def _sparse(counts: np.ndarray) -> dict[str, int]:
    return {str(bin): int(counts[bin]) for bin in np.flatnonzero(counts)}
