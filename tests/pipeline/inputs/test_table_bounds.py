"""A small table can't take much memory: long values that rows share, pages that are one value, lists of nothing."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.inputs import BadFile, Input
from pipeline.inputs.tables.compact import read_struct
from pipeline.inputs.tables.pages import Pages
from tests.support.command import ROOT
from tests.support.inputs import again, carried, read

BOUNDS = "pipeline.inputs.tables.parquet_bounds"
LONG = "b" * (4 << 20)
ROWS = 200

READ = """
import resource, sys
from pipeline.inputs import BadFile, Input, find_sources, open_source
import pipeline.inputs.tables.arrow, pipeline.inputs.tables.parquet
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_DATA, (used + (768 << 20),) * 2)
for path in sys.argv[1:]:
    [source] = find_sources([path])
    try:
        print(sum(len(batch) for batch in open_source(source, Input()).batches()))
    except BadFile as error:
        print(error.reason)
"""


def read_in_little_memory(*paths: Path) -> list[str]:
    """Pairs of each file, or why it is bad, as a process with 768 MB finds them."""
    words = [sys.executable, "-c", READ, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def table(**columns: pa.Array) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table({"text": ["t"] * rows, "url": ["u"] * rows} | columns)


def shared(rows: int = ROWS, value: str = LONG) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def write(path: Path, content: pa.Table, **options: object) -> Path:
    """A table whose dictionaries stay dictionaries, read as plain values."""
    if path.suffix == ".parquet":
        options = {"compression": "zstd", "dictionary_pagesize_limit": 1 << 28, "store_schema": False} | options
        pq.write_table(content, path, **options)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, content.schema) as writer:
            writer.write_table(content)
    return path


@pytest.mark.slow(seconds=20)
def test_long_values_that_rows_share_take_little_memory(tmp_path: Path) -> None:
    """Decoded, most have 0.8 GB."""
    value, lists = shared(), pa.ListArray.from_arrays(pa.array(np.arange(ROWS + 1, dtype=np.int32)), shared())
    text, struct = pa.chunked_array([pa.array([LONG])] * ROWS), pa.StructArray.from_arrays([value], ["caption"])
    delta = {"use_dictionary": False, "column_encoding": {"x": "DELTA_BYTE_ARRAY", "text": "PLAIN", "url": "PLAIN"}}
    paths = [
        write(tmp_path / "text.parquet", table(text=value)),
        write(tmp_path / "struct.parquet", table(meta=struct)),
        write(tmp_path / "list.parquet", table(text=lists)),
        write(tmp_path / "delta.parquet", table(x=text), **delta),
        write(tmp_path / "fixed.parquet", table(x=pa.nulls(ROWS, pa.binary(1 << 18)))),
        write(tmp_path / "text.arrow", table(text=value)),
        write(tmp_path / "ends.arrow", table(x=pa.RunEndEncodedArray.from_arrays([ROWS], [LONG]))),
    ]
    assert sum(path.stat().st_size for path in paths) < 20 << 20
    assert read_in_little_memory(*paths) == [str(ROWS)] * len(paths)


@pytest.mark.slow
def test_bytes_that_decompress_to_gigabytes_are_a_bad_file(tmp_path: Path) -> None:
    text = pa.array(["a", "b" * (300 << 20)])
    nulls = pa.ListArray.from_arrays(pa.array([0, 50_000_000], pa.int32()), pa.nulls(50_000_000, pa.int8()))
    paths = [
        write(tmp_path / "text.parquet", table(text=text)),
        write(tmp_path / "plain.parquet", table(text=text), use_dictionary=False),
        write(tmp_path / "image.parquet", table(image=text.cast(pa.binary())), use_dictionary=False),
        write(tmp_path / "nulls.parquet", table(x=nulls)),
        write(tmp_path / "fixed.parquet", table(x=pa.nulls(1_000, pa.binary((1 << 18) + 1)))),
        write(tmp_path / "rows.arrow", pa.table({"text": pa.nulls(2_000_000_000), "url": pa.nulls(2_000_000_000)})),
    ]
    assert max(path.stat().st_size for path in paths) < 100_000
    size = paths[-1].stat().st_size
    assert read_in_little_memory(*paths) == [
        "a value of column text in row group 1 is over 16,777,216 bytes (input.max_row_bytes)",
        "a value of column text in rows 1-2 is over 16,777,216 bytes (input.max_row_bytes)",
        "a value of column image in rows 1-2 is over 134,217,728 bytes, the limit of an image",
        "column x.list.element in row group 1 has more than 1,000,000 values a row",
        "column x in row group 1 has values of fixed size, 262,145 bytes, over the 262,144 of such values; "
        "write it as binary",
        f"2,000,000,000 rows in {size} bytes, over 1,000,000 and 1,000 a byte",
    ]


def test_values_that_rows_share_are_read_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches of few rows: 100 bytes."""
    for module in (BOUNDS, "pipeline.inputs.tables.expansion"):
        monkeypatch.setattr(f"{module}.BATCH_BYTES", 100)
    values = ["one", "two" * 10, None, "four"] * 25
    lists = [[value, "x"] for value in values]
    content = pa.table({"text": values, "url": values, "lists": lists, "meta": [{"n": value} for value in values]})
    for name in ("t.parquet", "t.arrow"):
        path = write(tmp_path / name, content.set_column(1, "url", content["url"].dictionary_encode()))
        found = read(path)
        assert found["url"].to_pylist() == values and carried(found)["lists"] == lists
        assert found["text"].to_pylist() == [value and value.encode() for value in values]
        assert carried(found)["meta"] == content["meta"].to_pylist()


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_a_large_dictionary_is_no_long_row(tmp_path: Path, name: str) -> None:
    text = pa.array([f"{number:0500d}" for number in range(100)]).dictionary_encode()
    path = write(tmp_path / name, table(text=text), store_schema=True)
    assert len(read(path, Input(max_row_bytes=1_000))) == 100
    with pytest.raises(BadFile, match=r"row 1 is over 400 bytes|a value of column text in row group 1 is over 400"):
        read(path, Input(max_row_bytes=400))


@pytest.mark.parametrize(("most", "is_good"), [(500, True), (400, False)])
def test_a_page_of_many_images_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, is_good: bool
) -> None:
    monkeypatch.setattr(f"{BOUNDS}.MOST_IMAGE_BYTES", most)
    monkeypatch.setattr(f"{BOUNDS}._SLACK", 8)
    images = [bytes([number]) * 500 for number in range(100)]
    path = write(tmp_path / "t.parquet", table(image=pa.array(images)), use_dictionary=False)
    if is_good:
        assert again(path, read(path), [0, 99]) == [images[0], images[99]]
    else:
        with pytest.raises(BadFile, match="a value of column image in rows 1-100 is over 400 bytes, the limit of an"):
            read(path)


@pytest.mark.parametrize(("most", "is_good"), [(4, True), (3, False)])
def test_the_values_of_lists_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, is_good: bool
) -> None:
    monkeypatch.setattr(f"{BOUNDS}.VALUES", most)
    path = write(tmp_path / "t.parquet", table(x=pa.array([[1, 2, 3, 4]] * 10)))
    if is_good:
        assert len(read(path)) == 10
    else:
        with pytest.raises(BadFile, match=r"column x\.list\.element in row group 1 has more than 3 values a row"):
            read(path)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_the_rows_of_a_small_file_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("pipeline.inputs.tables.expansion._ROWS_PER_BYTE", 0)
    for most, is_good in ((50, True), (49, False)):
        monkeypatch.setattr("pipeline.inputs.tables.expansion._FREE_ROWS", most)
        path = write(tmp_path / name, table(text=pa.array(["a"] * 50)))
        with contextlib.nullcontext() if is_good else pytest.raises(BadFile, match=r"^\S+ 50 rows in \d+ bytes"):
            assert len(read(path)) == 50


def test_pages_are_those_that_arrow_wrote(tmp_path: Path) -> None:
    rows = [f"{number:0100d}" for number in range(5_000)]
    options = {"use_dictionary": ["url"], "data_page_size": 10_000, "write_batch_size": 50}
    for version in ("1.0", "2.0"):
        path = write(
            tmp_path / "t.parquet",
            table(text=pa.array(rows)),
            row_group_size=2_000,
            data_page_version=version,
            **options,
        )
        pages = Pages(pa.OSFile(str(path)))
        found = [[list(pages.of(group, column)) for column in (0, 1)] for group in range(3)]
        assert [sum(page.values for page in text) for text, _ in found] == [2_000, 2_000, 1_000]
        assert all(10_000 <= page.bytes < 20_000 for text, _ in found for page in text[:-1]) and len(found[0][0]) > 10
        assert [[page.is_dictionary for page in url] for _, url in found] == [[True, False]] * 3


@given(st.binary(max_size=300))
def test_random_bytes_are_a_struct_or_an_error(data: bytes) -> None:
    with contextlib.suppress(ValueError, IndexError):
        assert read_struct(data, {1: ..., 2: {1: ...}, 5: {1: {2: ...}}})[1] <= len(data)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_file_has_pages_or_is_an_error(tmp_path: Path, hits: list[tuple[int, int]]) -> None:
    path = write(tmp_path / "t.parquet", table(text=pa.array(["a", "b"]), x=pa.array([[1], [2, 3]])))
    content = bytearray(path.read_bytes())
    for place, byte in hits:
        content[place % len(content)] = byte
    with contextlib.suppress(ValueError):
        pages = Pages(pa.BufferReader(bytes(content)))
        for column in range(3):
            assert sum(1 for _ in pages.of(0, column)) <= len(content)
