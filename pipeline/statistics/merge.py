"""Merges statistics and histograms of all shards, in their order, in memory that doesn't grow with their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from filters import Rule
from pipeline.files import Output
from pipeline.report.histograms import Histogram, add_shard, histograms_of
from pipeline.statistics.shard import DIMENSIONS, OFFENDERS, SHARED, ShardStatistics, Shared, read_statistics
from pipeline.statistics.tables import Table, added
from pipeline.storage.for_report import NOTES
from pipeline.storage.gathered import batches, read_markers

NAMES = 50_000  # of a dimension, held between two batches of shards
BATCH = 64  # shards merged at once


@dataclass
class Merged:
    """The tables of all shards that were added, each bounded."""

    most: int = NAMES
    codes: list[str] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    shared: dict[str, Shared | None] = field(default_factory=lambda: dict.fromkeys(SHARED))

    def add(self, shards: Sequence[ShardStatistics]) -> None:
        """Adds shards, all of the same rules."""
        self.codes = shards[0].codes
        for dimension in DIMENSIONS:
            found = [
                part[dimension] for part in (self.tables, *(shard.tables for shard in shards)) if dimension in part
            ]
            if found:
                self.tables[dimension] = added(found).bounded(self.most)
        for kind in SHARED:
            self.shared[kind] = _most_shared([self.shared[kind], *(shard.shared[kind] for shard in shards)])


def _most_shared(parts: Sequence[Shared | None]) -> Shared | None:
    """The largest counts, each hash once; ties go to the smallest hash, as in a shard."""
    if all(part is None for part in parts):
        return None
    distinct = {one[2]: one for part in parts for one in part or ()}
    return sorted(distinct.values(), key=lambda one: (-one[1], one[2]))[:OFFENDERS]


def read_notes(
    output: Output, names: Iterable[str], rules: Iterable[Rule], most: int = NAMES, batch: int = BATCH
) -> tuple[list[dict[str, Any]], Merged, list[Histogram]]:
    """The completion markers of the shards `names` without their statistics and histograms, and these of all shards.

    `rules` are those of the shards.
    """
    notes, merged, histograms = list[dict[str, Any]](), Merged(most), histograms_of(rules)
    markers = read_markers(output, [f"{NOTES}/{name}.json" for name in names])
    for some in batches(markers, batch):
        merged.add([read_statistics(note.pop("statistics")) for note in some])
        for note in some:
            add_shard(histograms, note.pop("histograms"))
        notes += some
    return notes, merged, histograms
