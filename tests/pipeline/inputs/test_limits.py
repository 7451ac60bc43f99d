"""Work and memory are bounded by the settings and the size of a file: long rows, many fields."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Input
from pipeline.inputs.json_files.values import MOST_FIELDS
from pipeline.inputs.reader import IMAGE_BATCH_BYTES
from tests.support.command import ROOT
from tests.support.inputs import carried, open_path, read

MOST = Input(max_row_bytes=1_000)


def line(size: int) -> str:
    """A row of so many bytes."""
    row = {"url": "u", "text": ""}
    return json.dumps(row | {"text": "é" * ((size - len(json.dumps(row))) // 2)}, ensure_ascii=False)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_has_a_limit(tmp_path: Path, name: str, end: str) -> None:
    good, long = line(1_000), line(1_002)
    assert [len(text.encode()) for text in (good, long)] == [1_000, 1_002]
    assert len(read(write(tmp_path / name, f"{line(30)}\n{good}{end}".encode()), MOST)) == 2
    for text in (long, long[:1_000] + "x" * 5_000):
        path = write(tmp_path / name, f"{line(30)}\n\n{text}{end}".encode())
        with pytest.raises(BadFile, match=r"^.*t\.jsonl.*: line 3 is over 1,000 bytes \(input\.max_row_bytes\)$"):
            read(path, MOST)


@pytest.mark.parametrize("name", ["text", "note", "nested"])
@pytest.mark.parametrize("row", [0, 1, 70, 99])
def test_a_row_of_parquet_has_a_limit(tmp_path: Path, name: str, row: int) -> None:
    def table(size: int) -> pa.Table:
        values = ["x"] * row + ["x" * size] + ["x"] * (99 - row)
        columns = {"text": ["t"] * 100, name: [[{"a": value}] for value in values] if name == "nested" else values}
        return pa.table({"url": ["u"] * 100, **columns, "image": [b"i" * 5_000] * 100})

    pq.write_table(table(900), tmp_path / "t.parquet", row_group_size=30)
    assert len(read(tmp_path / "t.parquet", MOST)) == 100
    pq.write_table(table(1_001), tmp_path / "t.parquet", row_group_size=30)
    with pytest.raises(BadFile, match=rf"row {row + 1} is over 1,000 bytes \(input\.max_row_bytes\)$"):
        read(tmp_path / "t.parquet", MOST)


@pytest.mark.parametrize(("extra", "is_good"), [(0, True), (1, False)])
def test_the_fields_of_a_file_have_a_limit(tmp_path: Path, extra: int, is_good: bool) -> None:
    names = [f"field{number}" for number in range(MOST_FIELDS - 2 + extra)]
    rows = [{"url": "u", "text": "t", **dict.fromkeys(names[:500], 1)}, {"text": "t", **dict.fromkeys(names[500:], 2)}]
    path = write(tmp_path / "t.jsonl", "\n\n".join(map(json.dumps, rows)).encode())
    if is_good:
        table = read(path)
        assert carried(table)["field0"] == [1, None] and carried(table)[names[-1]] == [None, 2]
    else:
        with pytest.raises(BadFile, match="line 3: more than 1,000 fields in the file"):
            read(path)


def test_the_fields_of_a_tar_have_a_limit(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for key, names in (("a", range(600)), ("b", range(600, 1_200))):
            for ending, content in (("txt", b"t"), ("json", json.dumps({str(name): 1 for name in names}).encode())):
                member = tarfile.TarInfo(f"{key}.{ending}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    with pytest.raises(BadFile, match=r"pair 2 \(b\): more than 1,000 fields in the file"):
        read(tmp_path / "t.tar")


def test_json_of_a_tar_that_is_nested_too_deep_is_that_pair_s_loss(tmp_path: Path) -> None:
    def member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
        header = tarfile.TarInfo(name)
        header.size = len(content)
        archive.addfile(header, io.BytesIO(content))

    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for key, levels in (("a", 63), ("b", 64), ("c", 960), ("d", 100_000)):
            member(archive, f"{key}.txt", b"t")
            member(archive, f"{key}.json", b'{"url": "u", "x": ' + b"[" * levels + b"]" * levels + b"}")
    table = read(tmp_path / "t.tar")
    assert table["key"].to_pylist() == ["a", "b", "c", "d"] and table["text"].to_pylist() == [b"t"] * 4
    assert table["url"].to_pylist() == ["u", None, None, None]


def test_batches_of_long_lines_are_small(tmp_path: Path) -> None:
    long = json.dumps({"text": "t", "url": "u", "note": "x" * (IMAGE_BATCH_BYTES // 2)})
    path = write(tmp_path / "t.jsonl", "\n".join([long] * 5 + [line(100)] * 20).encode())
    assert [len(batch) for batch in open_path(path).batches()] == [2, 2, 21]


def test_batches_of_many_fields_are_small(tmp_path: Path) -> None:
    wide = {"text": "t", "url": "u"} | {f"f{number}": number for number in range(900)}
    path = write(tmp_path / "t.jsonl", "\n".join([json.dumps(wide)] + [line(100)] * 3_000).encode())
    batches = list(open_path(path).batches())
    assert max(map(len, batches)) <= 1_109 and sum(map(len, batches)) == 3_001


READ = """
import resource, sys
from pipeline.inputs import BadFile, Input, find_sources, open_source
import pipeline.inputs.json_files.jsonl, pipeline.inputs.archives.tar
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_DATA, (used + int(sys.argv[1]),) * 2)
for source in find_sources(sys.argv[2:]):
    try:
        print(sum(len(batch) for batch in open_source(source, Input()).batches()))
    except BadFile as error:
        print(error.reason)
"""


@pytest.mark.slow
def test_memory_is_bounded_whatever_a_line_holds(tmp_path: Path) -> None:
    """Lines such as these took over 512 MB, the longest 1.9 GB."""
    row = b'{"url": "u", "text": "t", "x": '
    contents = {
        "many_lists": row + b"[" + b"[]," * 5_000_000 + b"1]}",
        "long": row + b"[" + b"[]," * 7_000_000 + b"1]}",
        "wide": row + b"1" + b',"a":1' * 2_000_000 + b"}",
        "text": row + b'"' + b"a b " * 4_000_000 + "☃".encode() + b'"}',
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(content, 1, mtime=0))
    words = [sys.executable, "-c", READ, str(512 << 20), *(str(tmp_path / f"{name}.jsonl.gz") for name in contents)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.stdout.splitlines() == [
        "line 1: more than 1,000,000 values",
        "line 1 is over 16,777,216 bytes (input.max_row_bytes)",
        "line 1: more than 1,000,000 values",
        "1",
    ], done.stderr


def test_the_setting_is_checked() -> None:
    with pytest.raises(ValueError, match=r"^max_row_bytes: must be 1 or more: 0$"):
        Input(max_row_bytes=0)
