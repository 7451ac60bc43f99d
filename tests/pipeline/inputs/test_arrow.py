"""Arrow's files in both formats: rows, images read again, limits, and what is no whole file."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Columns, Input, Span
from tests.support.inputs import again, carried, open_path, read

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
IMAGES = [None if row % 7 == 3 else bytes([row]) * row for row in range(200)]
FORMATS = {"stream": pa.ipc.new_stream, "file": pa.ipc.new_file}


def pairs(**columns: Any) -> pa.Table:
    images = pa.array([{"bytes": image, "path": None} for image in IMAGES], PICTURE)
    texts = [f"caption {row}" for row in range(200)]
    return pa.table({"n": range(200), "image": images, "text": texts, "other": images, **columns})


def write(path: Path, table: pa.Table, form: str = "stream", rows: int = 1_000, compression: str | None = None) -> Path:
    with FORMATS[form](path, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return path


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
@pytest.mark.parametrize("rows", [1, 40, 1_000])
def test_both_formats_read_as_parquet_does(tmp_path: Path, form: str, compression: str | None, rows: int) -> None:
    path = write(tmp_path / "t.arrow", pairs(), form, rows, compression)
    pq.write_table(pairs(), tmp_path / "t.parquet")
    table = read(path)
    assert table.equals(read(tmp_path / "t.parquet")) and carried(table) == {"n": list(range(200))}
    assert table["image"].to_pylist() == IMAGES
    for chosen in ([], [0], [199], [3, 39, 40, 41, 198], range(200)):
        assert again(path, table, chosen) == [IMAGES[row] for row in chosen]


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_table_is_an_empty_batch(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / "t.arrow", pairs().slice(0, 0), form)
    assert len(read(path)) == 0 and open_path(path).spans(10) == [Span()]


def test_dictionaries_views_and_several_captions(tmp_path: Path) -> None:
    texts, views = pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["u", "v", None], pa.string_view())
    path = write(tmp_path / "t.arrow", pa.table({"text": texts, "url": views}), compression="zstd")
    assert read(path)["text"].to_pylist() == [b"a", b"b", b"a"] and read(path)["url"].to_pylist() == ["u", "v", None]


def test_the_images_of_captions_in_lists_are_found_again(tmp_path: Path) -> None:
    table = pairs().drop_columns("text").slice(0, 5)
    lists = [["a", "b"], [], None, ["c"], ["d", "e", "f"]]
    path = write(tmp_path / "t.arrow", table.append_column("text", pa.array(lists, pa.list_(pa.string()))), rows=2)
    found = read(path)
    assert found["text"].to_pylist() == [b"a", b"b", None, None, b"c", b"d", b"e", b"f"]
    assert again(path, found, range(8)) == [IMAGES[row] for row in (0, 0, 1, 2, 3, 4, 4, 4)]


def test_text_alone_reads_no_image(tmp_path: Path) -> None:
    table = read(write(tmp_path / "t.arrow", pairs()), text_only=True)
    assert table["image"].null_count == 200 and table["text"][7].as_py() == b"caption 7"


def test_a_nested_column(tmp_path: Path) -> None:
    table = pa.table({"meta": [{"caption": "a"}, None], "url": ["u", "v"]})
    path = write(tmp_path / "t.arrow", table)
    assert read(path, Input(columns=Columns(text="meta.caption")))["text"].to_pylist() == [b"a", None]


def damaged(path: Path) -> str:
    with pytest.raises(BadFile) as error:
        read(path)
    return error.value.reason


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_anywhere_is_a_bad_file(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / "t.arrow", pairs().slice(0, 9), form, rows=4)
    content = path.read_bytes()
    end = len(content) if form == "stream" else content.rindex(b"\xff\xff\xff\xff\0\0\0\0") + 8
    path.write_bytes(content[:end])
    assert len(read(path)) == 9
    for size in [0, 1, 7, 8, 9, 100, *range(end // 2, end, 97), end - 8, end - 1]:
        path.write_bytes(content[:size])
        assert damaged(path)
    path.write_bytes(content[: end - 8])
    assert damaged(path) == "truncated: no end of the stream"


def test_offsets_outside_a_column_are_a_bad_file(tmp_path: Path) -> None:
    path = write(tmp_path / "t.arrow", pa.table({"text": ["abcdefgh"], "url": ["ijklmnop"]}))
    content = path.read_bytes()
    length = (8).to_bytes(4, "little")
    places = [place for place in range(len(content)) if content[place : place + 8] == bytes(4) + length]
    for place in places:
        hit = bytearray(content)
        hit[place + 4 : place + 8] = (1 << 30).to_bytes(4, "little")
        path.write_bytes(hit)
        assert damaged(path)
    assert places


@pytest.mark.parametrize(("most", "fits"), [(8_000, True), (7_999, False)])
def test_a_compressed_batch_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, fits: bool) -> None:
    monkeypatch.setattr("pipeline.inputs.tables.arrow_messages._MOST", most)
    table = pa.table({"n": pa.array([7] * 1_000, pa.int64())})
    wide = table.append_column("text", pa.nulls(1_000, pa.null())).append_column("url", pa.nulls(1_000, pa.null()))
    path = write(tmp_path / "t.arrow", wide, compression="zstd")
    assert len(read(path)) == 1_000 if fits else "message 1 is 0 MB, over the 0 MB of a compressed" in damaged(path)


@pytest.mark.slow
def test_a_small_file_cannot_take_much_memory(tmp_path: Path) -> None:
    """640 MB of zeros in under 1 MB are refused in a process that may have 512 MB."""
    zeros = pa.array([bytes(1 << 27)] * 5, pa.large_binary())
    table = pa.table({"text": ["a"] * 5, "url": ["u"] * 5, "x": zeros})
    path = write(tmp_path / "t.arrow", table, compression="zstd")
    code = f"from tests.support.inputs import read; read({str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (1 << 29, 1 << 29)),
    )
    assert path.stat().st_size < 1 << 20
    assert "message 1 is 640 MB, over the 512 MB of a compressed record batch" in done.stderr


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"])] * 2, names=["text", "text"])
    assert damaged(write(tmp_path / "t.arrow", table)).startswith("two columns of one name")
