"""Facts as columns of hashes: what is packed is found again, and nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from pipeline.reuse.facts import STEPS, Columns, Facts, combine, count_facts, keys_of, pack, unpack


def ids(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def found(table: Columns, names: list[str]) -> Facts:
    """Facts by a plain dictionary with the rows of the table."""
    hashes, values = (column.tolist() for column in table)
    by_hash = dict(zip(hashes, values, strict=True))
    keys = keys_of(pa.array(names)).tolist()
    return unpack(pa.array(names), np.array([by_hash.get(key, 0) for key in keys], np.uint64))


def test_every_score_of_four_decimals_comes_back() -> None:
    scores = np.round(np.arange(STEPS + 1) / STEPS, 4)
    facts = Facts(np.arange(len(scores)) % 3 == 0, scores, np.arange(len(scores)) % 2 == 0)
    back = found(combine(*pack(pa.array(ids(len(scores))), facts)), ids(len(scores)))
    assert back.scores.tolist() == scores.tolist() and back.clear.tolist() == facts.clear.tolist()
    assert back.exact.tolist() == facts.exact.tolist()


def test_facts_of_all_rows_of_an_image_are_joined() -> None:
    one, other, third = ids(3)
    exact = np.array([True, False, False, False, False])
    facts = Facts(np.array([False, True, False, False, True]), np.array([0.25, np.nan, np.nan, 0.0, np.nan]), exact)
    table = combine(*pack(pa.array([one, one, other, third, third]), facts))
    back = found(table, [one, other, third, "another"])
    assert back.clear.tolist() == [True, False, True, False]
    assert back.exact.tolist() == [True, False, False, False]
    assert np.array_equal(back.scores, [0.25, np.nan, 0.0, np.nan], equal_nan=True)
    assert count_facts(table[1]) == {"clear": 2, "scores": 2}


def test_an_image_with_the_hash_of_another_has_no_fact() -> None:
    names = ids(2)
    table = pack(pa.array(names[:1]), Facts(np.array([True]), np.array([0.5]), np.array([True])))
    back = unpack(pa.array(names), np.repeat(table[1], 2))
    assert back.clear.tolist() == [True, False] and np.array_equal(back.scores, [0.5, np.nan], equal_nan=True)


def test_of_two_images_with_one_hash_one_stays() -> None:
    _, values = pack(pa.array(ids(2)), Facts(np.array([True, True]), np.array([0.5, 0.25]), np.array([True, True])))
    hashes, kept = combine(np.array([7, 7], np.uint64), values)
    assert hashes.tolist() == [7] and kept.tolist() == [values.min()]


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_is_known(rows: int) -> None:
    hashes, values = combine(*pack(pa.array(ids(rows), pa.string()), Facts.none(rows)))
    assert len(hashes) == len(values) == 0
    assert not unpack(pa.array(ids(rows), pa.string()), np.zeros(rows, np.uint64)).clear.any()
