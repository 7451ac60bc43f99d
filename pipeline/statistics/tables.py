"""A bounded table of names with their counts, and what it lost by being bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from pipeline.statistics.hosts import Hosts
from pipeline.statistics.kernels import add_up_rows, count_groups, group, largest_rows
from vocab.hashing import hash_strings

LONGEST_NAME = 200  # characters; a longer name is cut
Names = Callable[[np.ndarray], pa.StringArray]  # rows to their names


@dataclass(frozen=True, eq=False)
class Table:
    """Names, one a row, with counts of their pairs: raw, kept, by first reason and by any reason of each rule."""

    hashes: np.ndarray  # uint64 (names,)
    names: pa.StringArray
    counts: np.ndarray  # int64 (names, 2 + 2 x rules)
    lacks: int = 0  # most pairs that a name may lack
    is_cut: bool = False  # whether any name was left out

    def bounded(self, most: int) -> Table:
        """The `most` names with the most raw pairs; ties go to the smallest hashes."""
        raw = self.counts[:, 0]
        if len(raw) <= most:
            return self
        rows = largest(raw, self.hashes, most)
        lacks = self.lacks + int(np.delete(raw, rows).max())
        return Table(self.hashes[rows], self.names.take(pa.array(rows)), self.counts[rows], lacks, True)


def largest(values: np.ndarray, hashes: np.ndarray, most: int) -> np.ndarray:
    """The rows of the `most` largest values, ties by the smallest hashes; in no order."""
    if len(values) <= most:
        return np.arange(len(values))
    least = np.partition(values, len(values) - most)[len(values) - most]
    above, tied = np.flatnonzero(values > least), np.flatnonzero(values == least)
    chosen = np.argpartition(hashes[tied], most - len(above) - 1)[: most - len(above)]
    return np.concatenate([above, tied[chosen]])


def tally(hashes: np.ndarray, names: Names, failed: np.ndarray, most: int) -> Table:
    """The table of a shard's pairs: `hashes` of their names, uint64 (pairs,); `failed` bool (pairs, rules).

    Only the names that it holds are counted by reason.
    """
    groups = group(hashes)
    rows = largest(groups.sizes, hashes[groups.firsts], most)
    places = np.full(len(groups.sizes), -1, np.int32)
    places[rows] = np.arange(len(rows))
    counts, firsts = count_groups(groups.of, places, failed, len(rows)), groups.firsts[rows]
    lacks = int(groups.sizes[places < 0].max(initial=0))
    return Table(hashes[firsts], names(firsts), counts, lacks, len(rows) < len(groups.sizes))


def one_name(name: str, counts: np.ndarray) -> Table:
    """The table of pairs that all have one name, with a row of `counts`; or with none, for no pairs."""
    hashes, names = _alone(name)
    return Table(hashes[: len(counts)], names[: len(counts)], counts)


@lru_cache
def _alone(name: str) -> tuple[np.ndarray, pa.StringArray]:
    names = pa.array([name])
    return hash_strings(names), names


def added(tables: list[Table]) -> Table:
    """The sum of tables with the same rules."""
    hashes = np.concatenate([table.hashes for table in tables])
    groups, names = group(hashes), pa.concat_arrays([table.names for table in tables])
    return Table(
        hashes[groups.firsts],
        names.take(pa.array(groups.firsts)),
        add_up_rows(groups.of, np.concatenate([table.counts for table in tables]), len(groups.firsts)),
        sum(table.lacks for table in tables),
        any(table.is_cut for table in tables),
    )


def load_kernels() -> None:
    """Calls every compiled kernel once, on next to nothing."""
    hosts = Hosts(pa.array(["https://example.org"]))
    table = tally(hosts.hashes, hosts.names, np.zeros((1, 1), bool), 1)
    added([table, table])
    largest_rows(table.counts[:, 0].copy(), table.hashes, 1, 1)
