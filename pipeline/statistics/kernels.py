"""Compiled loops over the rows of a shard: groups of equal hashes, their counts, and the rows of the largest numbers.

Importing this module loads numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vocab.buffers import read_only
from vocab.hashing import GOLDEN
from vocab.kernel import kernel


class Groups(NamedTuple):
    """Rows with equal hashes."""

    of: np.ndarray  # the group of each row, int32 (rows,)
    firsts: np.ndarray  # the first row of each group, int32 (groups,)
    sizes: np.ndarray  # the rows of each group, int32 (groups,)


def group(hashes: np.ndarray) -> Groups:
    """Groups rows by their hashes, uint64 (rows,), in the order in which they come."""
    return Groups(*_group(read_only(hashes), max(2 * len(hashes), 2).bit_length()))


def count_groups(groups: np.ndarray, places: np.ndarray, failed: np.ndarray, number: int) -> np.ndarray:
    """Counts of some groups, int64 (number, 2 + 2 x rules): raw, kept, by first reason, by any reason.

    `places` are the rows of the groups in the result, int32 (groups,), -1 for a group without one; `failed` marks the
    rules that drop each pair, bool (pairs, rules).
    """
    return _count_groups(read_only(groups), read_only(places), read_only(np.ascontiguousarray(failed.T)), number)


def add_up_rows(groups: np.ndarray, counts: np.ndarray, number: int) -> np.ndarray:
    """Sums the rows of `counts`, int64 (rows, columns), of each group."""
    return _add_up_rows(read_only(groups), read_only(np.ascontiguousarray(counts)), number)


def largest_rows(values: np.ndarray, hashes: np.ndarray, least: int, most: int) -> np.ndarray:
    """The rows of the `most` largest values of `least` and more, one for each hash; ties go to the smallest hash."""
    return _largest_rows(read_only(values), read_only(hashes), least, most)


@kernel
def _group(hashes: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An open-addressing table of 2^bits slots, over twice as many as rows."""
    shift, mask = np.uint64(64 - bits), np.int64((1 << bits) - 1)
    slots = np.full(1 << bits, np.int32(-1), np.int32)
    of, firsts, sizes = (
        np.empty(len(hashes), np.int32),
        np.empty(len(hashes), np.int32),
        np.zeros(len(hashes), np.int32),
    )
    found = np.int32(0)
    for row in range(len(hashes)):
        slot = np.int64((hashes[row] * GOLDEN) >> shift)
        while slots[slot] >= 0 and hashes[firsts[slots[slot]]] != hashes[row]:
            slot = (slot + 1) & mask
        if slots[slot] < 0:
            slots[slot] = found
            firsts[found] = row
            found += np.int32(1)
        of[row] = slots[slot]
        sizes[slots[slot]] += np.int32(1)
    return of, firsts[:found], sizes[:found]


@kernel
def _count_groups(groups: np.ndarray, places: np.ndarray, failed: np.ndarray, number: int) -> np.ndarray:
    rules = len(failed)
    counts = np.zeros((number, 2 + 2 * rules), np.int64)
    for row in range(len(groups)):
        place = places[groups[row]]
        if place < 0:
            continue
        first = -1
        for rule in range(rules - 1, -1, -1):
            counts[place, 2 + rules + rule] += failed[rule, row]
            first = rule if failed[rule, row] else first
        counts[place, 0] += 1
        counts[place, 2 + first if first >= 0 else 1] += 1
    return counts


@kernel
def _add_up_rows(groups: np.ndarray, counts: np.ndarray, number: int) -> np.ndarray:
    sums = np.zeros((number, counts.shape[1]), np.int64)
    for row in range(len(groups)):
        for column in range(counts.shape[1]):
            sums[groups[row], column] += counts[row, column]
    return sums


@kernel
def _largest_rows(values: np.ndarray, hashes: np.ndarray, least: int, most: int) -> np.ndarray:
    """Insertion into a short sorted list, which nearly every row is too small for."""
    rows, held = np.empty(most, np.int64), 0
    for row in range(len(values)):
        value = values[row]
        if value < least:
            continue
        own, place = hashes[row], held
        while place > 0:
            other = rows[place - 1]
            if values[other] > value or (values[other] == value and hashes[other] <= own):
                break
            place -= 1
        if place == most or (place > 0 and hashes[rows[place - 1]] == own):
            continue
        held = min(held + 1, most)
        for later in range(held - 1, place, -1):
            rows[later] = rows[later - 1]
        rows[place] = row
        least = max(least, values[rows[most - 1]]) if held == most else least
    return rows[:held]
