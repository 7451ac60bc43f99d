"""Bounded tables: counts against plain Python, both sides of the bound, and sums over shards in any split."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from pipeline.statistics.kernels import group, largest_rows
from pipeline.statistics.tables import Table, added, largest, tally
from vocab.hashing import hash_strings

RULES = 3
RANDOM = np.random.default_rng(1)
NAMES = [f"name {number}" for number in np.minimum(RANDOM.geometric(0.1, 3000), 40).tolist()]
FAILED = RANDOM.random((len(NAMES), RULES)) < [0.3, 0.1, 0.2]


def table(names: list[str], failed: np.ndarray, most: int = 1000) -> Table:
    column = pa.array(names, pa.string())
    return tally(hash_strings(column), lambda rows: column.take(pa.array(rows)), failed, most)


def plain(names: list[str], failed: np.ndarray) -> dict[str, list[int]]:
    """The counts, written anew: raw, kept, by first reason, by any reason."""
    counts = dict[str, list[int]]()
    for name, marks in zip(names, failed.tolist(), strict=True):
        row = counts.setdefault(name, [0] * (2 + 2 * RULES))
        row[0] += 1
        row[2 + marks.index(True) if any(marks) else 1] += 1
        for rule, mark in enumerate(marks):
            row[2 + RULES + rule] += mark
    return counts


def rows(found: Table) -> dict[str, list[int]]:
    return dict(zip(found.names.to_pylist(), found.counts.tolist(), strict=True))


def test_counts_are_those_of_plain_python() -> None:
    found = table(NAMES, FAILED)
    assert rows(found) == plain(NAMES, FAILED) and (found.lacks, found.is_cut) == (0, False)


@pytest.mark.parametrize("most", [1, 2, 7, 39, 40])
def test_a_cut_table_holds_the_most_frequent_names_exactly(most: int) -> None:
    whole, found = plain(NAMES, FAILED), table(NAMES, FAILED, most)
    by_raw = sorted((row[0] for row in whole.values()), reverse=True)
    assert sorted((row[0] for row in rows(found).values()), reverse=True) == by_raw[:most]
    assert rows(found).items() <= whole.items()
    assert (found.lacks, found.is_cut) == (by_raw[most], True) if most < len(whole) else (0, False)


def test_ties_at_the_cut_go_to_the_smallest_hashes() -> None:
    names = [f"n{number}" for number in range(50)]
    hashes = dict(zip(names, hash_strings(pa.array(names)).tolist(), strict=True))
    assert set(rows(table(names, np.zeros((50, RULES), bool), 9))) == set(sorted(names, key=hashes.__getitem__)[:9])


@pytest.mark.parametrize("pieces", [1, 2, 7, 300])
def test_the_sum_of_whole_tables_is_exact(pieces: int) -> None:
    bounds = np.linspace(0, len(NAMES), pieces + 1).astype(int)
    parts = [table(NAMES[a:b], FAILED[a:b]) for a, b in pairwise(bounds)]
    assert rows(added(parts)) == plain(NAMES, FAILED)


@pytest.mark.parametrize("most", [1, 3, 10, 25])
def test_what_a_cut_sum_lacks_is_within_its_bound(most: int) -> None:
    whole = plain(NAMES, FAILED)
    parts = [table(NAMES[at : at + 100], FAILED[at : at + 100], most) for at in range(0, len(NAMES), 100)]
    total = parts[0]
    for part in parts[1:]:
        total = added([total, part]).bounded(2 * most)
    for name, counts in rows(total).items():
        assert 0 <= whole[name][0] - counts[0] <= total.lacks
        assert all(some <= every for every, some in zip(whole[name], counts, strict=True))
    assert total.is_cut


def test_no_rows_and_no_rules() -> None:
    assert rows(table([], np.zeros((0, RULES), bool))) == {}
    assert rows(table(["a", "a"], np.zeros((2, 0), bool))) == {"a": [2, 2]}


def test_one_row_and_many_rules() -> None:
    failed = np.zeros((1, 70), bool)
    failed[0, 69] = True
    (counts,) = rows(table(["a"], failed)).values()
    assert counts == [1, 0, *[0] * 69, 1, *[0] * 69, 1]


@pytest.mark.parametrize("hashes", [[0, 0, 0], [2**64 - 1, 0, 2**64 - 1], [1, 2, 3], []])
def test_groups_of_any_hashes(hashes: list[int]) -> None:
    found = group(np.array(hashes, np.uint64))
    assert [hashes[found.firsts[of]] for of in found.of.tolist()] == hashes
    assert found.sizes.tolist() == list(Counter(hashes).values())


def test_groups_of_hashes_that_share_a_slot() -> None:
    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    hashes = np.array([number * inverse % 2**64 for number in range(1000)], np.uint64)  # all in the first slot
    found = group(np.concatenate([hashes, hashes]))
    assert found.of.tolist() == [*range(1000), *range(1000)] and found.firsts.tolist() == list(range(1000))


@pytest.mark.parametrize("most", [1, 5, 20])
@pytest.mark.parametrize("distinct", [3, 19, 20, 21, 400])
def test_largest_rows_against_a_sort(most: int, distinct: int) -> None:
    random = np.random.default_rng(distinct)
    value_of = random.integers(0, 12, distinct)
    of = random.integers(0, distinct, 2000)
    hashes = random.permutation(distinct).astype(np.uint64)[of]
    found = largest_rows(value_of[of], hashes, 2, most)
    wanted = sorted({(-value_of[one], int(code)) for one, code in zip(of, hashes, strict=True) if value_of[one] >= 2})
    assert [(-value_of[of[row]], int(hashes[row])) for row in found] == wanted[:most]


def test_largest_takes_no_more_than_asked() -> None:
    values, hashes = np.array([5, 1, 5, 5, 1]), np.array([9, 1, 3, 4, 2], np.uint64)
    for most, wanted in enumerate(([0, 2, 3][1:2], [2, 3], [0, 2, 3], [0, 1, 2, 3], range(5)), 1):
        assert sorted(largest(values, hashes, most).tolist()) == list(wanted)
    assert Counter(largest(values, hashes, 9).tolist()) == Counter(range(5))
