"""The table of an earlier run's pairs, against a search by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.earlier import table
from pipeline.earlier.judged import JUDGED
from pipeline.earlier.run import TAKEN, EarlierRun
from pipeline.earlier.table import EarlierPairs, join_parts, load_pairs, merge_part, parts_of, read_values
from pipeline.files import Output


class Pair(NamedTuple):
    """A pair; its number of words is its row, so that a value tells where it comes from."""

    key: str
    url: str | None
    text: str


FEW = st.builds(Pair, st.sampled_from("abc"), st.sampled_from([None, "u", "v"]), st.sampled_from("xy"))
MANY = st.builds(Pair, st.text(max_size=3), st.none() | st.text(min_size=1, max_size=3), st.text(max_size=3))
SHARDS = st.lists(st.lists(FEW | MANY, max_size=8), min_size=1, max_size=4)


def verdicts(pairs: Sequence[Pair], first: int) -> pa.Table:
    rows = range(first, first + len(pairs))
    columns = dict(zip(Pair._fields, map(list, zip(*pairs, strict=True)), strict=True)) if pairs else {}
    return pa.table(
        {name: pa.array(columns.get(name, []), pa.string()) for name in Pair._fields}
        | {"reasons": pa.array([[f"row {row}"] for row in rows], pa.list_(pa.string()))}
        | {"words": pa.array(rows, pa.int32()), "rare_ngram": pa.nulls(len(pairs), pa.string())}
        | {name: pa.array(rows, pa.int64()) for name in ("texts_of_image", "images_of_text")}
    )


@contextmanager
def earlier(shards: Sequence[Sequence[Pair]]) -> Iterator[EarlierPairs]:
    """The table of a run with these verdict shards."""
    rows = tuple(map(len, shards))
    with TemporaryDirectory() as folder:
        names = tuple(f"align-{number:05d}-of-{len(shards):05d}" for number in range(len(shards)))
        run, output = EarlierRun(f"{folder}/run", names, rows, (), "digest"), Output(f"{folder}/out")
        for number, pairs in enumerate(shards):
            with Output(run.root).write(f"verdicts/{names[number]}.parquet") as file:
                pq.write_table(verdicts(pairs, sum(rows[:number])), file)
        done = [read_values(number, run, output) for number in range(len(shards))]
        join_parts(None, output, [merge_part(part, run, output, done) for part in reversed(range(parts_of(run)))])
        yield load_pairs(run, output)


def searched(known: Sequence[Pair], pair: Pair) -> int:
    """The first row of a pair, by hand."""
    if pair in known:
        return known.index(pair)
    if pair.url is None:
        return -1
    return next((row for row, other in enumerate(known) if other[1:] == pair[1:]), -1)


def columns(pairs: Sequence[Pair]) -> dict[str, pa.Array]:
    return {name: pa.array([getattr(pair, name) for pair in pairs], pa.string()) for name in Pair._fields}


@pytest.mark.parametrize("entries", [4_000_000, 10, 1])
@settings(max_examples=60)
@given(shards=SHARDS, others=st.lists(FEW | MANY, max_size=10))
def test_rows_and_values_are_those_of_a_search_by_hand(
    entries: int, shards: list[list[Pair]], others: list[Pair]
) -> None:
    known = [pair for shard in shards for pair in shard]
    asked = [*others, *known[::-1], *(pair._replace(key="another") for pair in known)]
    with mock.patch.object(table, "ENTRIES_PER_PART", entries), earlier(shards) as found:
        rows = found.rows_of(columns(asked))
        assert rows.tolist() == [searched(known, pair) for pair in asked]
        there = rows[rows >= 0]
        if len(there):
            values = found.values(there)
            assert values["words"].to_pylist() == there.tolist()
            assert values[JUDGED].to_pylist() == [[f"row {row}"] for row in there]
            assert values.column_names == [JUDGED, *TAKEN]


def test_several_hash_ranges() -> None:
    pairs = [Pair(f"key {number}", f"http://u/{number % 70}", f"text {number % 7}") for number in range(500)]
    with mock.patch.object(table, "ENTRIES_PER_PART", 100), earlier([pairs[:123], [], pairs[123:]]) as found:
        assert parts_of(EarlierRun("", (), (123, 0, 377), (), "")) == 16
        assert found.rows_of(columns(pairs)).tolist() == [*range(500)]
        strangers = [pair._replace(key="?") for pair in pairs]
        assert found.rows_of(columns(strangers)).tolist() == [pairs.index(pairs[row % 70]) for row in range(500)]


def test_pairs_of_one_key_are_told_apart_by_url_and_text() -> None:
    pairs = [Pair("k", "u", "x"), Pair("k", "u", "y"), Pair("k", "v", "x"), Pair("k", None, "x"), Pair("k", "u", "x")]
    with earlier([pairs]) as found:
        assert found.rows_of(columns(pairs)).tolist() == [0, 1, 2, 3, 0]


def test_a_mark_before_a_text_makes_no_difference() -> None:
    with earlier([[Pair("k", "u", "\ufeffx")]]) as found:
        assert found.rows_of(columns([Pair("k", "u", "x"), Pair("l", "u", "\ufeffx")])).tolist() == [0, 0]


def test_a_pair_without_a_url_is_found_by_its_key_alone() -> None:
    with earlier([[Pair("a", None, "x"), Pair("b", "u", "x")]]) as found:
        asked = [Pair("a", None, "x"), Pair("b", None, "x"), Pair("c", "u", "x"), Pair("a", "u", "y")]
        assert found.rows_of(columns(asked)).tolist() == [0, -1, 1, -1]


def test_values_come_in_the_order_that_was_asked_for() -> None:
    shards = [[Pair(f"{shard}{row}", None, "x") for row in range(5)] for shard in range(3)]
    with earlier(shards) as found:
        rows = np.array([14, 0, 7, 7, 3, 10, 0])
        assert found.values(rows)["words"].to_pylist() == rows.tolist()
