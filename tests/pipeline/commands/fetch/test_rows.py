"""The rows of a fetch: from a run's verdicts or a table, all of a host in one shard, in the order of the input."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawl.fetching.urls import host_of
from pipeline.commands.fetch.rows import RowTask, escaped, row_count, rows_of_shard, shards_for, write_rows
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.inputs import Input, Source, Span
from pipeline.inputs.reader import WHOLE
from tests.support.real_text import ANY_TEXT
from vocab.canonical import canonical_text

Row = dict[str, object]
URLS = st.none() | st.builds(
    "http://{}.org/{}".format, st.sampled_from(["a", "b", "c", "A", "d:80", "e"]), st.integers(0, 3)
)
TABLES = st.lists(st.lists(URLS | st.sampled_from(["bad", "ftp://a.org/"]), min_size=1, max_size=12), max_size=3)


def table_task(number: int, file: Path, span: Span = WHOLE) -> RowTask:
    return RowTask(number, Source(number, str(file), file.name, file.stat().st_size, 0), span, 1)


def read(files: list[Path], output: Output, given: Input | None = None) -> int:
    """Reads tables, each in two tasks where it has several row groups; returns the number of tasks."""
    tasks: list[RowTask] = []
    for file in files:
        rows = pq.read_metadata(file).num_rows
        for span in (Span(0, rows // 2), Span(rows // 2, rows)) if rows > 1 else (WHOLE,):
            tasks.append(table_task(len(tasks), file, span))
    for task in tasks:
        write_rows(task, output, given or Input(), Meter(None))
    return len(tasks)


def write(file: Path, rows: list[Row]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=1)
    return file


@settings(max_examples=30)
@given(tables=TABLES, shards=st.integers(1, 5))
def test_every_row_is_in_one_shard_with_its_host_and_in_order(tables: list[list[str | None]], shards: int) -> None:
    listed = [url for urls in tables for url in urls]
    with TemporaryDirectory() as folder:
        rows = [[{"url": url, "text": "t", "n": n} for n, url in enumerate(urls)] for urls in tables]
        files = [write(Path(folder) / f"{number}.parquet", table) for number, table in enumerate(rows) if table]
        if not any(url for url in listed):
            return  # no column of URLs
        output = Output(f"{folder}/out")
        tasks = read(files, output)
        found = [rows_of_shard(output, tasks, shard, shards).to_pylist() for shard in range(shards)]
    keys = [f"{number}.parquet#{n:09d}" for number, urls in enumerate(tables) for n in range(len(urls))]
    given = dict(zip(keys, listed, strict=True))
    assert sorted(row["key"] for part in found for row in part) == keys
    assert all(given[row["key"]] == row["url"] for part in found for row in part)
    for part in found:
        assert [row["key"] for row in part] == sorted(row["key"] for row in part)
    places: dict[str | None, set[int]] = {}
    for number, part in enumerate(found):
        for row in part:
            if host := host_of(row["url"] or ""):
                places.setdefault(host, set()).add(number)
    assert all(len(where) == 1 for where in places.values())


def test_columns_of_a_table(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"url": "http://a.org/1", "caption": "one", "status": "old", "sha256": "0" * 64, "lang": "en", "source": "x"},
        {"url": None, "caption": None, "status": None, "sha256": None, "lang": None, "source": None},
    ]
    output = Output(str(tmp_path / "out"))
    tasks = read([write(tmp_path / "a.parquet", rows)], output)
    table = rows_of_shard(output, tasks, 0, 1)
    assert table.column_names[:4] == ["key", "source", "url", "text"]
    first, second = table.to_pylist()
    assert first["key"] == "a.parquet#000000000" and first["source"] == "a.parquet" and first["text"] == "one"
    assert (first["input_status"], first["lang"], first["input_source"]) == ("old", "en", "x")
    assert second["url"] is None and not second["text"]


def test_names_of_columns_that_are_taken(tmp_path: Path) -> None:
    names = ["status", "input_status", "host hash", "row number", "tries"]
    rows: list[Row] = [{"url": "http://a.org/1", "text": "t", "width": 5, "height": 6} | {name: name for name in names}]
    output = Output(str(tmp_path / "out"))
    (found,) = rows_of_shard(output, read([write(tmp_path / "a.parquet", rows)], output), 0, 1).to_pylist()
    assert found["input_status"] == "input_status" and found["input_input_status"] == "status"
    assert [found[f"input_{name}"] for name in names[2:]] == names[2:]
    assert (found["width"], found["height"]) == (5, 6)


def test_columns_of_types_that_do_not_fit_are_texts(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a.parquet", [{"url": "http://a.org/1", "text": "t", "size": 1}]),
        write(tmp_path / "b.parquet", [{"url": "http://a.org/2", "text": "t", "size": "large"}]),
    ]
    output = Output(str(tmp_path / "out"))
    found = rows_of_shard(output, read(files, output), 0, 1)
    assert found["size"].to_pylist() == ["1", "large"]


def test_keys_of_a_table_are_kept(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out"))
    rows: list[Row] = [{"key": key, "url": "http://a.org/1", "text": "t"} for key in ("k", None, "l")]
    tasks = read([write(tmp_path / "a.parquet", rows)], output)
    assert rows_of_shard(output, tasks, 0, 1)["key"].to_pylist() == ["k", "a.parquet#000000001", "l"]


def test_tables_with_other_columns_are_read_together(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a.parquet", [{"url": "http://a.org/1", "text": "t", "n": 1}]),
        write(tmp_path / "b.parquet", [{"url": "http://a.org/2", "text": "t", "lang": "en", "n": 2.5}]),
    ]
    output = Output(str(tmp_path / "out"))
    found = rows_of_shard(output, read(files, output), 0, 1).to_pylist()
    assert [(row["n"], row["lang"]) for row in found] == [(1, None), (2.5, "en")]


def test_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("url,text\n")
    output = Output(str(tmp_path / "out"))
    task = table_task(0, tmp_path / "a.csv")
    write_rows(task, output, Input(), Meter(None))
    assert row_count(output, [task]) == 0
    assert len(rows_of_shard(output, 1, 0, 1)) == 0


def test_texts_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"url,text\nhttp://a.org/1,caf\xe9\nhttp://a.org/2,caf\xc3\xa9\n")
    output = Output(str(tmp_path / "out"))
    write_rows(table_task(0, tmp_path / "a.csv"), output, Input(), Meter(None))
    assert rows_of_shard(output, 1, 0, 1)["text"].to_pylist() == ["caf\ufffd", "café"]


def test_urls_without_texts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("url,lang\nhttp://a.org/1,en\nhttp://b.org/2,\n")
    output = Output(str(tmp_path / "out"))
    write_rows(table_task(0, tmp_path / "a.csv"), output, Input(), Meter(None))
    found = rows_of_shard(output, 1, 0, 1).to_pylist()
    assert [(row["url"], row["text"]) for row in found] == [("http://a.org/1", None), ("http://b.org/2", None)]


def verdict_shard(file: Path) -> RowTask:
    """A shard of a run with two kept pairs of three, and a passthrough column."""
    table = pa.table(
        {
            "key": ["a", "b", "c"],
            "source": ["s", "s", "s"],
            "text": pa.array(["1 &lt; 2", "dropped", "kites & boats"], pa.large_string()),
            "url": ["http://a.org/1", "http://a.org/2", None],
            "reasons": pa.array([[], ["word_count"], []], pa.list_(pa.string())),
            "words": pa.array([2, 1, 2], pa.int32()),
            "lang": ["en", "de", None],
            "bytes": [1, 2, 3],
        }
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file)
    return RowTask(0, Source(0, str(file), file.name, 1, 0), None, 1)


def test_the_kept_pairs_of_a_run_with_their_passthrough_columns(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out"))
    task = verdict_shard(tmp_path / "shard.parquet")
    write_rows(task, output, Input(), Meter(None))
    assert row_count(output, [task]) == 2
    found = sorted(rows_of_shard(output, 1, 0, 1).to_pylist(), key=lambda row: row["key"])
    assert found == [
        {"key": "a", "source": "s", "url": "http://a.org/1", "text": "1 &amp;lt; 2", "lang": "en", "input_bytes": 1},
        {"key": "c", "source": "s", "url": None, "text": "kites & boats", "lang": None, "input_bytes": 3},
    ]


@given(st.lists(st.none() | ANY_TEXT, max_size=8))
def test_the_canonical_text_of_what_is_escaped_is_the_text_before(texts: list[str | None]) -> None:
    canonical = [None if text is None else canonical_text(text) for text in texts]
    found = escaped(pa.array(canonical, pa.string())).to_pylist()
    assert [None if text is None else canonical_text(text) for text in found] == canonical


@pytest.mark.parametrize(("text", "written"), [("a & b", "a & b"), ("AT&T", "AT&T"), ("&lt", "&amp;lt"), ("é", "é")])
def test_only_what_looks_like_an_entity_is_escaped(text: str, written: str) -> None:
    assert escaped(pa.array([text])).to_pylist() == [written]


@pytest.mark.parametrize(
    ("rows", "shards"), [(1, 1), (500, 1), (501, 2), (16_001, 32), (320_000, 32), (320_001, 33), (1_000_000, 100)]
)
def test_the_number_of_shards(rows: int, shards: int) -> None:
    assert shards_for(rows) == shards
