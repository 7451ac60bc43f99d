"""Columns of hashes with a value each, sorted and merged; compiled. Importing this module loads numba.

numpy's argsort takes 60 to 120 ns a row, most of it to fetch the values in the new order; distributing both together by
the bits of the hash takes some 15 ns.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vocab.counting import DIGIT, bucket_starts
from vocab.kernel import kernel

Hashes = NDArray[np.uint64]
Value = TypeVar("Value", np.uint32, np.uint64)

BUCKET = 1 << 15  # rows sorted in the cache of one core
MOST_BITS = 11
MOST_COUNT = 0xFFFFFFFF
SHORT = 64  # rows that an insertion sorts faster than a quicksort


def sort_with(keys: Hashes, values: NDArray[Value]) -> tuple[Hashes, NDArray[Value]]:
    """Sorts keys, uint64 (n,), with their values; equal keys keep their order."""
    if not len(keys):
        return keys, values
    bits = min(max((len(keys) // BUCKET).bit_length(), 1), MOST_BITS)
    shared = 64 - int(keys.min() ^ keys.max()).bit_length()  # number of top bits that all keys share
    shift = max(64 - shared - bits, 2 * DIGIT)
    return _sort_with(keys, values, np.uint64(shift), bits)


def sum_of_equal(keys: Hashes, counts: NDArray[np.uint32]) -> tuple[Hashes, NDArray[np.uint32]]:
    """Distinct keys of a sorted column, and each one's sum of counts (uint32), capped at 2^32 - 1."""
    return _sum_of_equal(keys, counts)


def distinct_of_sorted(keys: Hashes, values: Hashes) -> tuple[Hashes, Hashes]:
    """Distinct (key, value) rows, sorted, of columns sorted by key; uint64 both. The values are sorted in place."""
    return _distinct(keys, values)


@kernel
def _sort_with(keys: Hashes, values: NDArray[Value], shift: np.uint64, bits: int) -> tuple[Hashes, NDArray[Value]]:
    starts = bucket_starts(keys, shift, 1 << bits)
    dealt, moved = np.empty_like(keys), np.empty_like(values)
    _deal(keys, values, dealt, moved, starts[:-1].copy(), shift, 1 << bits)
    most = np.diff(starts).max()
    spare, other = np.empty(most, np.uint64), np.empty(most, values.dtype)
    middle, low = shift - np.uint64(DIGIT), shift - np.uint64(2 * DIGIT)
    for bucket in range(1 << bits):
        begin, end = starts[bucket], starts[bucket + 1]
        run, with_run = dealt[begin:end], moved[begin:end]
        half, with_half = spare[: end - begin], other[: end - begin]
        _deal(run, with_run, half, with_half, bucket_starts(run, low, 1 << DIGIT)[:-1], low, 1 << DIGIT)
        _deal(half, with_half, run, with_run, bucket_starts(half, middle, 1 << DIGIT)[:-1], middle, 1 << DIGIT)
        _insertion_sort(run, with_run)
    return dealt, moved


@kernel
def _deal(
    keys: Hashes,
    values: NDArray[Value],
    to_keys: Hashes,
    to_values: NDArray[Value],
    places: NDArray[np.int64],
    shift: np.uint64,
    buckets: int,
) -> None:
    mask = np.uint64(buckets - 1)
    for i in range(len(keys)):
        bucket = (keys[i] >> shift) & mask
        place = places[bucket]
        to_keys[place], to_values[place] = keys[i], values[i]
        places[bucket] = place + 1


@kernel
def _insertion_sort(keys: Hashes, values: NDArray[Value]) -> None:
    """Sorts the few keys that agree in all bits distributed by."""
    for i in range(1, len(keys)):
        key, value, to = keys[i], values[i], i
        while to > 0 and keys[to - 1] > key:
            keys[to], values[to] = keys[to - 1], values[to - 1]
            to -= 1
        keys[to], values[to] = key, value


@kernel
def _sum_of_equal(keys: Hashes, counts: NDArray[np.uint32]) -> tuple[Hashes, NDArray[np.uint32]]:
    distinct, sums = np.empty_like(keys), np.empty(len(keys), np.uint32)
    k, total = 0, np.uint64(0)
    for i in range(len(keys)):
        total += counts[i]
        if i + 1 == len(keys) or keys[i + 1] != keys[i]:
            distinct[k], sums[k] = keys[i], min(total, MOST_COUNT)
            k, total = k + 1, np.uint64(0)
    return distinct[:k].copy(), sums[:k].copy()


@kernel
def _distinct(keys: Hashes, values: Hashes) -> tuple[Hashes, Hashes]:
    to_keys, to_values = np.empty_like(keys), np.empty_like(values)
    k, begin = 0, 0
    while begin < len(keys):
        end = begin + 1
        while end < len(keys) and keys[end] == keys[begin]:
            end += 1
        _sort_short(values[begin:end])
        for i in range(begin, end):
            if i == begin or values[i] != values[i - 1]:
                to_keys[k], to_values[k] = keys[i], values[i]
                k += 1
        begin = end
    return to_keys[:k].copy(), to_values[:k].copy()


@kernel
def _sort_short(values: Hashes) -> None:
    if len(values) > SHORT:
        values.sort()
        return
    for i in range(1, len(values)):
        value, to = values[i], i
        while to > 0 and values[to - 1] > value:
            values[to] = values[to - 1]
            to -= 1
        values[to] = value


def load_kernels() -> None:
    """Calls every compiled kernel once for each type of column, on next to nothing."""
    keys, counts = np.zeros(2, np.uint64), np.ones(2, np.uint32)
    sum_of_equal(*sort_with(keys, counts))
    distinct_of_sorted(*sort_with(keys, keys.copy()))
