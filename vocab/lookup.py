"""Lookup of hashes in a sorted table, which may be a memory-mapped file of 10^8 keys. Importing it loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from vocab.buffers import read_only
from vocab.kernel import kernel

MISSING = np.int64(-1)
KEYS_PER_BUCKET_BITS = 2  # about 4 keys: the index takes an eighth of the keys' size
MOST_NARROW = 0xFFFFFFFF  # keys whose places fit into 32 bits; the index of more keys takes a quarter of their size


class SortedTable:
    """Distinct uint64 keys in ascending order, with optional counts: a lookup takes some 50 ns in 10^7 keys.

    The keys are hashes, so their top bits predict their position: an index holds the first key of every run that shares
    these bits. Building the index reads the keys once. Raises ValueError if they are not sorted and distinct.
    """

    def __init__(self, keys: np.ndarray, counts: np.ndarray | None = None) -> None:
        if counts is not None and len(counts) != len(keys):
            raise ValueError(f"{len(keys)} keys and {len(counts)} counts: a table has one of each")
        self.keys = read_only(keys)
        self.counts = read_only(np.zeros(0, np.uint32) if counts is None else counts)
        bits = max(len(keys).bit_length() - KEYS_PER_BUCKET_BITS, 1)
        self._shift = np.uint64(64 - bits)
        index = np.empty((1 << bits) + 1, np.uint32 if len(keys) <= MOST_NARROW else np.int64)
        if not _fill_index(index, self.keys, self._shift):
            raise ValueError("the keys of a table must be distinct and in ascending order")
        self._index = read_only(index)

    def __len__(self) -> int:
        return len(self.keys)

    def contains(self, queries: np.ndarray) -> np.ndarray:
        """Marks queries (uint64) that are keys, bool (queries,)."""
        return _contains(self.keys, self._index, self._shift, read_only(queries))

    def counts_of(self, queries: np.ndarray, default: int = 1) -> np.ndarray:
        """The count of each query (uint64), `default` for those that are no keys, int64 (queries,)."""
        return _counts(self.keys, self._index, self._shift, self.counts, read_only(queries), default)


@kernel
def _fill_index(index: np.ndarray, keys: np.ndarray, shift: np.uint64) -> bool:
    """Sets the first place of the keys with each value of the top bits, (2^bits + 1,). Returns whether keys ascend."""
    bucket, ascending = 0, True
    for i in range(len(keys)):
        ascending &= i == 0 or keys[i - 1] < keys[i]
        top = np.int64(keys[i] >> shift)
        while bucket <= top:
            index[bucket] = i
            bucket += 1
    index[bucket:] = len(keys)
    return ascending


@njit(inline="always")
def find(keys: np.ndarray, index: np.ndarray, shift: np.uint64, key: np.uint64) -> np.int64:
    """The index of `key`, or -1."""
    bucket = np.int64(key >> shift)
    low, high = np.int64(index[bucket]), np.int64(index[bucket + 1])
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(keys) and keys[low] == key else MISSING


@kernel
def _contains(keys: np.ndarray, index: np.ndarray, shift: np.uint64, queries: np.ndarray) -> np.ndarray:
    found = np.empty(len(queries), np.bool_)
    for i in range(len(queries)):
        found[i] = find(keys, index, shift, queries[i]) >= 0
    return found


@kernel
def _counts(
    keys: np.ndarray, index: np.ndarray, shift: np.uint64, counts: np.ndarray, queries: np.ndarray, default: int
) -> np.ndarray:
    found = np.empty(len(queries), np.int64)
    for i in range(len(queries)):
        place = find(keys, index, shift, queries[i])
        found[i] = counts[place] if place >= 0 else default
    return found
