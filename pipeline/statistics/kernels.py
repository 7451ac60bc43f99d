"""Compiled loops over the rows of a shard: groups of equal hashes, their counts, and the rows of the largest numbers.

Importing this module loads numba.
"""

from __future__ import annotations

import numpy as np

from vocab.buffers import read_only
from vocab.kernel import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def group(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The group of each row, int32 (rows,), and the first row of each group, int64 (groups,); equal hashes are one."""
    return _group(read_only(hashes), max(2 * len(hashes), 2).bit_length())


def count_groups(groups: np.ndarray, failed: np.ndarray, number: int) -> np.ndarray:
    """Counts of each of `number` groups, int64 (groups, 2 + 2 x rules): raw, kept, by first reason, by any reason.

    `failed` marks the rules that drop each row, bool (rows, rules).
    """
    return _count_groups(read_only(groups), read_only(np.ascontiguousarray(failed.T)), number)


def add_up_rows(groups: np.ndarray, counts: np.ndarray, number: int) -> np.ndarray:
    """Sums the rows of `counts`, int64 (rows, columns), of each group."""
    return _add_up_rows(read_only(groups), read_only(np.ascontiguousarray(counts)), number)


def largest_rows(values: np.ndarray, hashes: np.ndarray, least: int, most: int) -> np.ndarray:
    """The rows of the `most` largest values of `least` and more, one for each hash; ties go to the smallest hash."""
    return _largest_rows(read_only(values), read_only(hashes), least, most)


@kernel
def _group(hashes: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """An open-addressing table of 2^bits slots, over twice as many as rows."""
    shift, mask = np.uint64(64 - bits), np.int64((1 << bits) - 1)
    slots = np.full(1 << bits, np.int32(-1), np.int32)
    groups, firsts = np.empty(len(hashes), np.int32), np.empty(len(hashes), np.int64)
    found = np.int32(0)
    for row in range(len(hashes)):
        slot = np.int64((hashes[row] * GOLDEN) >> shift)
        while slots[slot] >= 0 and hashes[firsts[slots[slot]]] != hashes[row]:
            slot = (slot + 1) & mask
        if slots[slot] < 0:
            slots[slot] = found
            firsts[found] = row
            found += np.int32(1)
        groups[row] = slots[slot]
    return groups, firsts[:found]


@kernel
def _count_groups(groups: np.ndarray, failed: np.ndarray, number: int) -> np.ndarray:
    rules = len(failed)
    counts = np.zeros((number, 2 + 2 * rules), np.int64)
    for row in range(len(groups)):
        group, first = groups[row], -1
        for rule in range(rules - 1, -1, -1):
            if failed[rule, row]:
                counts[group, 2 + rules + rule] += 1
                first = rule
        counts[group, 0] += 1
        counts[group, 1 if first < 0 else 2 + first] += 1
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
        value, own = values[row], hashes[row]
        if value < least:
            continue
        place = held
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
    return rows[:held]
