"""Hashes near other hashes by multi-index hashing (Norouzi, Punjani and Fleet, 2012), in numpy.

The 256 bits are cut into chunks of about log2 N bits. Entries that agree with a query in a chunk, but for one bit at
most, are its candidates; they are compared whole. With m chunks none nearer than 2 m bits is missed, and few beyond: copies
differ most in the high frequencies, so that some chunks of theirs, which are rows of coefficients, hardly differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dedup.hashing import HASH_BITS, HASH_WORDS

MIN_CHUNK_BITS, MAX_CHUNK_BITS = 8, 22  # float32 is exact up to 24
_PAIRS_AT_ONCE = 1 << 14  # candidates compared at once: what the caches hold
_HASHES_AT_ONCE = 1 << 14  # split into chunks at once: 16 MB


@dataclass(frozen=True, eq=False)
class Pairs:
    """Queries and entries that are near each other, each pair once, ordered by query, then distance, then entry."""

    query: np.ndarray  # int64 (pairs,)
    entry: np.ndarray  # int64 (pairs,)
    distance: np.ndarray  # int64 (pairs,): bits


class MultiIndex:
    """Finds what of `entries`, uint64 (N, 4), is near a query. It takes some 60 bytes an entry beside them."""

    def __init__(self, entries: np.ndarray) -> None:
        self.entries = np.ascontiguousarray(entries)
        bits = int(np.clip(np.log2(max(len(entries), 1)), MIN_CHUNK_BITS, MAX_CHUNK_BITS))
        self._weights = _chunk_weights(-(-HASH_BITS // bits))
        widths = np.count_nonzero(self._weights, axis=0).tolist()
        self._tables = [_Table.of(*chunk) for chunk in zip(self._chunks(self.entries), widths, strict=True)]

    def __call__(self, queries: np.ndarray, max_distance: int) -> Pairs:
        """The entries within `max_distance` bits of each query, uint64 (n, 4)."""
        queries = np.ascontiguousarray(queries)
        found = [np.empty((3, 0), np.int64)]
        for table, values in zip(self._tables, self._chunks(queries), strict=True):
            for query, entry in table.candidates(values):
                found.append(self._compare(queries, query, entry, max_distance))
        return _pairs(np.concatenate(found, axis=1))

    def _compare(self, queries: np.ndarray, query: np.ndarray, entry: np.ndarray, max_distance: int) -> np.ndarray:
        """Query, entry and distance of the candidates that are near, int64 (3, near)."""
        distance = np.zeros(len(query), np.int64)
        for word in range(HASH_WORDS):
            distance += np.bitwise_count(queries[query, word] ^ self.entries[entry, word])
            near = distance <= max_distance
            query, entry, distance = query[near], entry[near], distance[near]
        return np.stack([query, entry, distance])

    def _chunks(self, hashes: np.ndarray) -> np.ndarray:
        """The value of each chunk of hashes (n, 4), int32 (m, n)."""
        values = np.empty((self._weights.shape[1], len(hashes)), np.int32)
        for start in range(0, len(hashes), _HASHES_AT_ONCE):
            part = slice(start, start + _HASHES_AT_ONCE)
            bits = np.unpackbits(hashes[part].view(np.uint8), axis=1)
            values[:, part] = (bits.astype(np.float32) @ self._weights).T
        return values


@dataclass(frozen=True, eq=False)
class _Table:
    """The entries by the value of one chunk: `entries[starts[value]:starts[value + 1]]`."""

    bits: int
    starts: np.ndarray
    entries: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, bits: int) -> _Table:
        """From the chunk's value of each entry, int32 (N,), and the number of its bits."""
        starts = np.zeros((1 << bits) + 1, np.int32)
        np.cumsum(np.bincount(values, minlength=1 << bits), out=starts[1:])
        return cls(bits, starts, np.argsort(values, kind="stable").astype(np.int32))

    def candidates(self, values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (query, entry) whose values differ in one bit at most, in parts of bounded size."""
        flips = np.concatenate([[0], 1 << np.arange(self.bits)])
        probed = values[:, None] ^ flips
        starts, counts = self.starts[probed], self.starts[probed + 1] - self.starts[probed]
        ends = np.cumsum(counts.sum(axis=1))
        first = 0
        while first < len(values):
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
            queries, places = _expand(starts[first:last], counts[first:last])
            yield first + queries, self.entries[places].astype(np.int64)
            first = last


def _chunk_weights(chunks: int) -> np.ndarray:
    """What each bit of a hash counts in each chunk, float32 (256, chunks): powers of two, zero outside."""
    weights = np.zeros((HASH_BITS, chunks), np.float32)
    for chunk, bits in enumerate(np.array_split(np.arange(HASH_BITS), chunks)):
        weights[bits, chunk] = 2.0 ** np.arange(len(bits))
    return weights


def _expand(starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and place of everything in the ranges [start, start + count) of each row."""
    flat = counts.ravel()
    offsets = np.cumsum(flat) - flat
    places = np.repeat(starts.ravel() - offsets, flat) + np.arange(flat.sum())
    return np.repeat(np.arange(len(counts)), counts.sum(axis=1)), places


def _pairs(found: np.ndarray) -> Pairs:
    query, entry, distance = found
    order = np.lexsort((entry, distance, query))
    query, entry, distance = found[:, order]
    first = np.ones(len(query), bool)
    first[1:] = (query[1:] != query[:-1]) | (entry[1:] != entry[:-1])
    return Pairs(query[first], entry[first], distance[first])
