"""The files of one shard in each format: names, headers, row groups, and columns whose names are taken."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.files import Output
from pipeline.formats import FORMATS
from pipeline.inputs.canonical import is_canonical_table, is_canonical_tar
from pipeline.outputs.formats import parquet
from pipeline.outputs.formats.json_forms import json_form, json_texts
from pipeline.outputs.formats.names import distinct_names
from pipeline.outputs.formats.pairs import pairs_of_columns, pairs_of_verdicts
from pipeline.outputs.formats.shards import Shards, open_shards
from pipeline.outputs.formats.sink import PairImage, sample_name
from tests.support.command import fingerprint

NAME = "align-00007-of-00042"
JPEG, PNG = b"\xff\xd8\xff rest", b"\x89PNG\r\n\x1a\n rest"


def pairs(rows: int, **columns: pa.Array) -> pa.Table:
    texts = {name: pa.array([f"{name} {row}" for row in range(rows)]) for name in ("text", "key", "url", "sha256")}
    return pa.table(texts | columns)


def write(folder: Path, images: list[PairImage], table: pa.Table, *formats: str, name: str = NAME) -> Shards:
    with open_shards(Output(str(folder)), name, formats, table) as shards:
        for image in images:
            shards.add(image)
    return shards


def images(*contents: bytes) -> list[PairImage]:
    return [PairImage(row, content, 30 + row, 20) for row, content in enumerate(contents)]


@pytest.mark.parametrize(
    ("shard", "count", "name"),
    [
        ("align-00007-of-00042", 3, "0000700000003"),
        ("a-of-b-99999-of-100000", 0, "09999900000000"),
        ("a-100000-of-100001", 99_999_999, "10000099999999"),
    ],
)
def test_names_are_digits_with_as_many_in_all_shards(shard: str, count: int, name: str) -> None:
    assert sample_name(shard, count) == name


def test_members_of_a_tar_say_nothing_of_time_and_host(tmp_path: Path) -> None:
    write(tmp_path, images(JPEG, PNG), pairs(2), "webdataset")
    content = (tmp_path / "webdataset" / f"{NAME}.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [
        f"000070000000{n}.{end}" for n, image in (("0", "jpg"), ("1", "png")) for end in (image, "txt", "json")
    ]
    for member in members:
        assert (member.mtime, member.uid, member.gid, member.mode, member.type) == (0, 0, 0, 0o644, tarfile.REGTYPE)
        assert (member.uname, member.gname, member.pax_headers) == ("align-corpus", "", {})
    assert content[257:265] == b"ustar\x0000" and content.endswith(bytes(1024))
    assert is_canonical_tar(io.BytesIO(content)) and not is_canonical_tar(io.BytesIO(b""))


def test_a_shard_without_pairs_is_a_file_in_every_format(tmp_path: Path) -> None:
    shards = write(tmp_path, [], pairs(0, a=pa.array([], pa.list_(pa.int8()))), *FORMATS)
    assert shards.note()["records"] == 0
    with tarfile.open(tmp_path / "webdataset" / f"{NAME}.tar") as tar:
        assert tar.getmembers() == []
    schema = pq.read_schema(tmp_path / "parquet" / f"{NAME}.parquet")
    assert schema.names == ["image", "text", "key", "url", "width", "height", "sha256", "a"]
    assert is_canonical_table(schema.metadata) and not is_canonical_table(None)


def test_notes_have_sizes_and_digests_and_null_for_other_formats(tmp_path: Path) -> None:
    note = write(tmp_path, images(JPEG, PNG), pairs(2), "webdataset", "parquet").note()
    tar, table = (tmp_path / FORMATS[one].file(NAME) for one in ("webdataset", "parquet"))
    assert note == {
        "records": 2,
        "bytes": {"webdataset": tar.stat().st_size, "parquet": table.stat().st_size},
        "corpus_sha256": None,
        "webdataset_sha256": fingerprint(tar),
        "parquet_sha256": fingerprint(table),
    }


def group_sizes(path: Path) -> list[tuple[int, int]]:
    """Rows and uncompressed bytes of each row group."""
    metadata = pq.ParquetFile(path).metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [(group.num_rows, group.total_byte_size) for group in groups]


def test_row_groups_are_small_whatever_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images, texts or passthrough columns; a pair that is larger than a row group has one of its own."""
    monkeypatch.setattr(parquet, "GROUP_BYTES", 100_000)
    random = np.random.default_rng(0)
    sizes = [30_000, 30_000, 30_000, 30_000, 250_000, 10, 10]
    table = pairs(7, big=pa.array([[b"x"], [], None, None, [], [random.bytes(70_000)], [random.bytes(60_000)]]))
    write(tmp_path, images(*(JPEG + random.bytes(size) for size in sizes)), table, "parquet")
    groups = group_sizes(tmp_path / "parquet" / f"{NAME}.parquet")
    assert [rows for rows, _ in groups] == [3, 1, 1, 1, 1]
    assert all(size < 110_000 for rows, size in groups if rows > 1)
    assert parquet.GROUP_BYTES < 128 << 20


def test_a_row_group_at_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pairs(2)
    both = sum(len(JPEG) + table.slice(row, 1).nbytes for row in range(2))
    for limit, rows in ((both, [2]), (both - 1, [1, 1])):
        monkeypatch.setattr(parquet, "GROUP_BYTES", limit)
        write(tmp_path / str(limit), images(JPEG, JPEG), table, "parquet")
        assert [n for n, _ in group_sizes(tmp_path / str(limit) / "parquet" / f"{NAME}.parquet")] == rows


def test_passthrough_columns_whose_names_are_taken(tmp_path: Path) -> None:
    names = ["image", "sha256", "input_image", "lang", "input_input_image"]
    assert distinct_names(names, ("image", "sha256")) == [
        "input_input_input_image", "input_sha256", "input_image", "lang", "input_input_image",
    ]  # fmt: skip
    texts = {name: ["x"] for name in ("key", "text", "url", "image_id")}
    table = pairs_of_verdicts(pa.table({**texts, "reasons": [[]], "image": [7], "lang": ["en"]}))
    assert table.column_names == ["text", "key", "url", "sha256", "input_image", "lang"]


def test_columns_of_a_run_are_what_its_verdicts_will_hold() -> None:
    columns = {name: pa.array(["x"]) for name in ("key", "text", "url", "image_id")}
    carried = {
        "seconds": pa.array([1], pa.duration("s")),
        "time": pa.array([1], pa.timestamp("s", "Asia/Tokyo")),
        "large": pa.array([["x"]], pa.large_list(pa.large_string())),
        "fixed": pa.array([[1, 2]], pa.list_(pa.int8(), 2)),
    }
    table = pairs_of_columns(columns, carried)
    found = {name: str(table.schema.field(name).type) for name in carried}
    assert found == {
        "seconds": "int64", "time": "timestamp[ms, tz=UTC]", "large": "list<element: string>",
        "fixed": "list<element: int8>",
    }  # fmt: skip
    assert pairs_of_columns(columns, None).column_names == ["text", "key", "url", "sha256"]


def test_values_below_sliced_and_null_lists_stay_in_their_rows() -> None:
    column = pa.array([[1.0], None, [float("nan"), 2.5], [], [float("-inf")]], pa.list_(pa.float32())).slice(1)
    assert json_form(column).to_pylist() == [None, [None, 2.5], [], [None]]
    entries = pa.array([None, [("x", [b"\x01"])]], pa.map_(pa.string(), pa.list_(pa.binary())))
    assert json_texts(entries).to_pylist() == [None, '[{"key": "x", "value": ["AQ=="]}]']
    structs = pa.array(
        [{"a": None, "b": {"c": b"\x00"}}, None], pa.struct({"a": pa.null(), "b": pa.struct({"c": pa.binary()})})
    )
    assert json_form(structs).to_pylist() == [{"a": None, "b": {"c": "AA=="}}, None]


def test_fields_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Neither Python's dictionaries nor Hugging Face's features hold two of a name."""
    fields = [pa.array([1]), pa.array([2]), pa.array([b"\x00"])]
    twice = pa.StructArray.from_arrays(fields, ["a", "a", "input_a"])
    write(tmp_path, images(JPEG), pairs(1, twice=twice), "webdataset", "parquet")
    found = pq.read_table(tmp_path / FORMATS["parquet"].file(NAME))["twice"].to_pylist()
    assert found == [{"a": 1, "input_input_a": 2, "input_a": b"\x00"}]
    assert json_form(twice).to_pylist() == [{"a": 1, "input_input_a": 2, "input_a": "AA=="}]


def test_texts_that_are_no_utf8_inside_of_lists_are_readable(tmp_path: Path) -> None:
    broken = pa.array([[b"a\xff"]], pa.list_(pa.binary())).cast(pa.list_(pa.string()), safe=False)
    write(tmp_path, images(JPEG), pairs(1, broken=broken), "webdataset", "parquet")
    assert pq.read_table(tmp_path / FORMATS["parquet"].file(NAME))["broken"].to_pylist() == [["a\ufffd"]]


def test_nothing_is_left_of_a_shard_that_failed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), open_shards(Output(str(tmp_path)), NAME, list(FORMATS), pairs(1)) as shards:
        shards.add(images(JPEG)[0])
        raise ZeroDivisionError
    del shards
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert capfd.readouterr().err == ""
