"""Exact nearest hashes by multi-index hashing (Norouzi, Punjani and Fleet, 2012), in numpy.

If two hashes differ in at most 31 bits, one of their 16 chunks of 16 bits differs in at most one: tables from chunk to
entries give few candidates and miss none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dedup.hashing import hamming

CHUNKS = 16
_VALUES = 1 << 16
_PAIRS_AT_ONCE = 1 << 18  # candidates compared at once: 8 MB of hashes
_NONE = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Table:
    """The entries of one chunk, grouped by its value: `entries[starts[value]:starts[value + 1]]`."""

    starts: np.ndarray
    entries: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Table:
        """From the chunk's value of each entry, uint16 (m,)."""
        counts = np.bincount(values, minlength=_VALUES)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return cls(starts, np.argsort(values, kind="stable").astype(np.int32))

    def candidates(self, values: np.ndarray, flips: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (query, entry) whose values differ by one of `flips`, in parts of bounded size, ordered by query."""
        probed = values[:, None] ^ flips
        starts, counts = self.starts[probed], self.starts[probed + 1] - self.starts[probed]
        ends = np.cumsum(counts.sum(axis=1))
        first = 0
        while first < len(values):
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
            queries, places = _expand(starts[first:last], counts[first:last])
            yield first + queries, self.entries[places]
            first = last


class Nearest:
    """Finds the nearest of `entries`, uint64 (m, 4)."""

    def __init__(self, entries: np.ndarray) -> None:
        self.entries = entries
        self.tables = [Table.of(values) for values in _chunks(entries)]

    def __call__(self, queries: np.ndarray, max_distance: int) -> tuple[np.ndarray, np.ndarray]:
        """The nearest entry within `max_distance` bits of each query (n, 4), the first of equally near ones.

        Any `max_distance` is exact; 16 bits more cost about eight times as many probes. Returns int32 (n,) entries and
        int32 (n,) distances, both -1 where there is none.
        """
        flips = np.flatnonzero(np.bitwise_count(np.arange(_VALUES)) <= max_distance // CHUNKS)
        best = np.full(len(queries), _NONE)
        for table, values in zip(self.tables, _chunks(queries), strict=True):
            for query, entry in table.candidates(values.astype(np.int64), flips):
                distance = hamming(queries[query], self.entries[entry]).astype(np.int64)
                near = distance <= max_distance
                np.minimum.at(best, query[near], (distance[near] << 32) | entry[near])
        found = best != _NONE
        return np.where(found, best & 0xFFFFFFFF, -1).astype(np.int32), np.where(found, best >> 32, -1).astype(np.int32)


def _chunks(hashes: np.ndarray) -> np.ndarray:
    """The 16-bit chunks of hashes (n, 4), uint16 (16, n)."""
    return np.ascontiguousarray(hashes).view(np.uint16).reshape(len(hashes), CHUNKS).T


def _expand(starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and place of everything in the ranges [start, start + count) of each row."""
    flat = counts.ravel()
    offsets = np.cumsum(flat) - flat
    places = np.repeat(starts.ravel() - offsets, flat) + np.arange(flat.sum())
    return np.repeat(np.arange(len(counts)), counts.sum(axis=1)), places
