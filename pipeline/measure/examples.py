"""Examples for the report: in each shard and for each first reason, the pairs with the smallest hash rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters import Rule
from filters.picture import Picture, UndecodableImage
from pipeline.files import Output
from pipeline.report.described import DECIDED, describe_drops
from pipeline.storage.for_report import EXAMPLES, EXAMPLES_SHOWN

NO_RULE = -1  # the group of kept pairs, and in `filters.first_failures`; the other groups are the numbers of rules
CANDIDATES = 1000  # per group, from all shards together
THUMBNAIL_SIDE = 192


class Examples:
    """The candidates of one shard. A pair's rank is the hash of its key: the same pairs for any number of workers."""

    def __init__(self, ranks: np.ndarray, shards: int) -> None:
        self.ranks = ranks  # uint64 (rows,)
        self.quota = max(1, min(EXAMPLES_SHOWN, CANDIDATES // shards))
        self.groups: dict[int, dict[int, bytes | None]] = {}  # first rule, or NO_RULE, to row to thumbnail

    @property
    def rows(self) -> np.ndarray:
        """All candidates so far."""
        return np.array([row for rows in self.groups.values() for row in rows], np.int64)

    def choose(self, groups: np.ndarray, which: np.ndarray | slice = slice(None)) -> None:
        """Takes the candidates among the rows `which` (bool), by the group of each row, without thumbnails yet."""
        for group in np.unique(groups[which]).tolist():
            rows = np.flatnonzero(groups == group)
            chosen = rows[_smallest(self.ranks[rows], self.quota)]
            self.groups[group] = dict.fromkeys(chosen.tolist())

    def wants(self, group: int, row: int) -> bool:
        """Returns whether `row` is, or would be, among the candidates of its group."""
        rows = self.groups.get(group, {})
        return row in rows or len(rows) < self.quota or self.ranks[row] < max(self.ranks[other] for other in rows)

    def add(self, group: int, row: int, thumbnail: bytes | None) -> None:
        """Takes a row that is wanted, in place of the one with the largest rank."""
        rows = self.groups.setdefault(group, {})
        rows[row] = thumbnail
        if len(rows) > self.quota:
            del rows[max(rows, key=lambda other: self.ranks[other])]

    def write(self, output: Output, name: str, verdicts: pa.Table, own: Sequence[Rule] = ()) -> None:
        """Writes the verdicts of the candidates, with `thumbnail` (JPEG or null) and `draw`, the rank.

        With the user's `own` rules, also writes the numbers that drop a candidate: the report lacks their code.
        """
        found = sorted({row: thumbnail for rows in self.groups.values() for row, thumbnail in rows.items()}.items())
        rows = np.array([row for row, _ in found], np.int64)
        table = verdicts.take(pa.array(rows))
        decided = [describe_drops(own, row) for row in table.to_pylist()] if own else []
        table = table.append_column("thumbnail", pa.array([thumbnail for _, thumbnail in found], pa.binary()))
        table = table.append_column("draw", pa.array(self.ranks[rows]))
        if own:
            table = table.append_column(DECIDED, pa.array(decided, pa.string()))
        with output.write(f"{EXAMPLES}/{name}.parquet") as file:
            pq.write_table(table, file, store_schema=False)


def thumbnail_of(picture: Picture | None) -> bytes | None:
    """A small JPEG of a picture; None if there is none, or it can't be decoded."""
    try:
        return picture.thumbnail(THUMBNAIL_SIDE) if picture is not None else None
    except UndecodableImage:
        return None


def _smallest(ranks: np.ndarray, most: int) -> np.ndarray:
    """Indices of the `most` smallest ranks, which are as good as distinct."""
    return np.argpartition(ranks, most)[:most] if len(ranks) > most else np.arange(len(ranks))
