"""Lookup of near hashes by multi-index hashing (Norouzi, Punjani and Fleet, 2012), in numpy.

The 256 bits are cut into chunks of about log2 N bits. Entries that agree with a query in a chunk, but for one bit at
most, are its candidates; they are compared whole. With m chunks none nearer than 2 m bits is missed, and few beyond:
copies differ most in the high frequencies, so that some chunks, which are rows of coefficients, hardly differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dedup.hashing import HASH_BITS, HASH_WORDS

MIN_CHUNK_BITS, MAX_CHUNK_BITS = 8, 23  # float32 is exact up to 24
_PAIRS_AT_ONCE = 1 << 14  # candidates compared at once: fits the caches
_QUERIES_AT_ONCE = 256
_HASHES_AT_ONCE = 1 << 14  # split into chunks at once: 16 MB


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Near queries and entries, each pair once, ordered by query, then distance, then entry."""

    query: np.ndarray  # int64 (pairs,)
    entry: np.ndarray  # int64 (pairs,)
    distance: np.ndarray  # int64 (pairs,): bits


class MultiIndex:
    """Finds entries, uint64 (N, 4), near a query. Takes some 60 to 100 bytes an entry beside them."""

    def __init__(self, entries: np.ndarray) -> None:
        self.entries = np.ascontiguousarray(entries)
        bits = int(np.clip(len(entries).bit_length(), MIN_CHUNK_BITS, MAX_CHUNK_BITS))
        self._weights = _chunk_weights(-(-HASH_BITS // bits))
        widths = np.count_nonzero(self._weights, axis=0)
        self._bases = np.concatenate([[0], np.cumsum(1 << widths)])  # offset of each chunk's values among all
        self._probed, self._flips = _probes(widths)
        self._fill()

    def __call__(self, queries: np.ndarray, max_distance: int) -> NearPairs:
        """The entries within `max_distance` bits of each query, uint64 (n, 4)."""
        queries = np.ascontiguousarray(queries)
        found = [np.empty((3, 0), np.int64)]
        for query, entry in self._candidates(queries):
            found.append(self._compare(queries, query, entry, max_distance))
        return _pairs(np.concatenate(found, axis=1))

    def _fill(self) -> None:
        """Groups entries by chunk and value: value v of chunk c has [starts[bases[c] + v], starts[... + 1])."""
        count, values = len(self.entries), self._values(self.entries)
        self._starts = np.zeros(self._bases[-1] + 1, np.int32)
        self._places = np.empty(values.size, np.int32)
        for chunk, (base, end) in enumerate(pairwise(self._bases.tolist())):
            ends = np.cumsum(np.bincount(values[chunk], minlength=end - base))
            self._starts[base + 1 : end + 1] = chunk * count + ends
            self._places[chunk * count : (chunk + 1) * count] = np.argsort(values[chunk], kind="stable")

    def _candidates(self, queries: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (query, entry) that differ in one bit of a chunk at most, in parts of bounded size; some repeat."""
        for begin in range(0, len(queries), _QUERIES_AT_ONCE):
            values = self._values(queries[begin : begin + _QUERIES_AT_ONCE])
            keys = self._bases[self._probed] + (values[self._probed].T ^ self._flips)
            starts = self._starts[keys].ravel()
            counts = self._starts[keys + 1].ravel() - starts
            for first, last in _parts(counts):
                probe, places = _expand(starts[first:last], counts[first:last])
                yield begin + (first + probe) // len(self._flips), self._places[places].astype(np.int64)

    def _compare(self, queries: np.ndarray, query: np.ndarray, entry: np.ndarray, max_distance: int) -> np.ndarray:
        """Query, entry and distance of the candidates within the limit, int64 (3, near)."""
        distance = np.zeros(len(query), np.int64)
        for word in range(HASH_WORDS):
            distance += np.bitwise_count(queries[query, word] ^ self.entries[entry, word])
            near = distance <= max_distance
            query, entry, distance = query[near], entry[near], distance[near]
        return np.stack([query, entry, distance])

    def _values(self, hashes: np.ndarray) -> np.ndarray:
        """The value of each chunk of hashes (n, 4), int32 (m, n)."""
        values = np.empty((self._weights.shape[1], len(hashes)), np.int32)
        for start in range(0, len(hashes), _HASHES_AT_ONCE):
            part = slice(start, start + _HASHES_AT_ONCE)
            bits = np.unpackbits(hashes[part].view(np.uint8), axis=1)
            values[:, part] = (bits.astype(np.float32) @ self._weights).T
        return values


def _probes(widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probes for a query: the chunk, and the bits flipped in it, none or one; int64 (256 + m,) each."""
    flips = [np.concatenate([[0], 1 << np.arange(width)]) for width in widths]
    return np.repeat(np.arange(len(widths)), widths + 1), np.concatenate(flips)


def _parts(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges [first, last) of probes, one at least, that together have a bounded number of candidates."""
    ends, first = np.cumsum(sizes), 0
    while first < len(sizes):
        done = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
        yield first, last
        first = last


def _chunk_weights(chunks: int) -> np.ndarray:
    """Weight of each bit of a hash in each chunk, float32 (256, chunks): powers of two, zero outside."""
    weights = np.zeros((HASH_BITS, chunks), np.float32)
    for chunk, bits in enumerate(np.array_split(np.arange(HASH_BITS), chunks)):
        weights[bits, chunk] = 2.0 ** np.arange(len(bits))
    return weights


def _expand(starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Range number and index of each element in the ranges [start, start + count)."""
    offsets = np.cumsum(counts) - counts
    numbers = np.repeat(np.arange(len(counts)), counts)
    return numbers, np.arange(len(numbers)) + (starts - offsets)[numbers]


def _pairs(found: np.ndarray) -> NearPairs:
    query, entry, distance = found
    order = np.lexsort((entry, distance, query))
    query, entry, distance = found[:, order]
    first = np.ones(len(query), bool)
    first[1:] = (query[1:] != query[:-1]) | (entry[1:] != entry[:-1])
    return NearPairs(query[first], entry[first], distance[first])
