"""`input.limit`: the first pairs of each file, as if the file ended after them, and nothing read that lies beyond."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Input, carried_columns
from pipeline.inputs.limit import first_pairs, rows_with
from tests.pipeline.inputs.test_every_reader import FORMATS
from tests.pipeline.inputs.test_fuzz import FILES, image
from tests.support.inputs import open_path, read
from tests.support.pages import image as shown
from tests.support.pages import warc
from train.example import encode_example, write_record

Write = Callable[[Path, int], None]


def limited(path: Path, limit: int) -> pa.Table:
    reader = open_path(path, Input(limit=limit))
    return pa.concat_tables(first_pairs(reader.batches(), limit))


@pytest.mark.parametrize("name", FORMATS.values())
def test_the_first_pairs_of_every_format(tmp_path: Path, name: str) -> None:
    for number in [*(f"{number}.jpg" for number in range(9)), *(f"x/{number}.jpg" for number in range(18))]:
        (tmp_path / number).parent.mkdir(exist_ok=True)
        (tmp_path / number).write_bytes(number.encode())
    (tmp_path / name).write_bytes(FILES[name]())
    whole = read(tmp_path / name)
    for limit in (1, 2, len(whole) - 1, len(whole), len(whole) + 1, 10**9):
        found = limited(tmp_path / name, limit)
        assert found.to_pylist() == whole.slice(0, limit).to_pylist()


@pytest.mark.parametrize(
    ("done", "most", "rows"),
    [
        ([True, True, True], 2, 2),
        ([False, True, False, True, False], 1, 2),
        ([False, True, False, True, False], 2, 4),
        ([False, True, False, True, False], 3, 5),
        ([False, False], 1, 2),
        ([], 1, 0),
        ([True, False], None, 2),
    ],
)
def test_rows_that_hold_as_many_pairs(done: list[bool], most: int | None, rows: int) -> None:
    assert rows_with(pa.array(done, pa.bool_()), most) == rows


def test_batches_after_the_last_pair_are_not_asked_for() -> None:
    def batches():
        yield from (pa.table({"n": [0, 1]}), pa.table({"n": [2, 3]}))
        raise AssertionError("read on")

    for limit in (1, 2, 3, 4):
        assert pa.concat_tables(first_pairs(batches(), limit))["n"].to_pylist() == list(range(limit))
    with pytest.raises(AssertionError, match="read on"):
        list(first_pairs(batches(), 5))


DOWNLOADS = [("success", ""), ("failed_to_download", "404"), ("success", ""), ("failed_to_resize", "x")] * 3


@pytest.mark.parametrize(("limit", "failed"), [(1, 0), (2, 1), (3, 2), (4, 3), (6, 5), (7, 6)])
@pytest.mark.parametrize("kind", [".parquet", ".jsonl", ".csv", ".tfrecord"])
def test_failed_downloads_are_no_pairs_and_counted_up_to_the_last_pair(
    tmp_path: Path, kind: str, limit: int, failed: int
) -> None:
    rows = [
        {"key": f"{number}", "url": f"http://u/{number}", "caption": "a cat", "status": status, "error_message": error}
        for number, (status, error) in enumerate(DOWNLOADS)
    ]
    path = tmp_path / f"0{kind}"
    WRITERS[kind](path, rows)
    reader = open_path(path, Input(limit=limit))
    keys = [key for batch in first_pairs(reader.batches(), limit) for key in batch["key"].to_pylist()]
    wanted = [row["key"] for row in rows if row["status"] == "success"][:limit]
    assert keys == wanted and reader.failed_downloads == failed


def _csv(path: Path, rows: list[dict]) -> None:
    path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n")


def _records(path: Path, rows: list[dict]) -> None:
    with path.open("wb") as file:
        for number, row in enumerate(rows):
            write_record(
                file, encode_example({**{name: str(value) for name, value in row.items()}, "jpg": image(number)})
            )


WRITERS: dict[str, Callable[[Path, list[dict]], object]] = {
    ".parquet": lambda path, rows: pq.write_table(pa.Table.from_pylist(rows), path),
    ".jsonl": lambda path, rows: path.write_text("".join(json.dumps(row) + "\n" for row in rows)),
    ".csv": _csv,
    ".tfrecord": _records,
}


def test_columns_of_later_lines_are_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "url": "u"}\n{"text": "b", "url": "u", "late": 1}\n')
    names = [[*carried_columns(limited(path, limit))] for limit in (1, 2)]
    assert names == [[], ["late"]]


def rows_csv(path: Path, rows: int) -> None:
    path.write_bytes(b"text,url\n" + b"".join(b"a cat %d,http://u\n" % row for row in range(rows)) + b"a,b,c,d\n")


def lines(path: Path, rows: int) -> None:
    path.write_text('{"text": "a cat", "url": "http://u"}\n' * rows + "no JSON\n")


def truncated_lines(path: Path, rows: int) -> None:
    content = b"".join(b'{"text": "a cat %d", "url": "http://u"}\n' % row for row in range(rows))
    path.write_bytes(gzip.compress(content)[:-9])


def records(path: Path, rows: int) -> None:
    _records(path, [{"txt": "a cat"}] * rows)
    path.write_bytes(path.read_bytes() + b"no record at all")


def groups(path: Path, rows: int) -> None:
    table = pa.table({"text": ["a cat"] * rows, "image": [image(row) for row in range(rows)]})
    pq.write_table(table, path, row_group_size=10, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    last = pq.ParquetFile(path).metadata.row_group(rows // 10 - 1).column(1).data_page_offset
    content[last : last + 40] = b"\xff" * 40
    path.write_bytes(content)


def archive(path: Path, rows: int) -> None:
    pages = [warc(shown("a cat", f"http://u/{row}")) for row in range(rows)]
    path.write_bytes(b"".join(pages) + b"no archive at all")


@pytest.mark.parametrize(
    ("name", "write", "rows"),
    [
        ("a.csv", rows_csv, 600_000),  # over the block of 8 MiB in which text is read
        ("a.jsonl", lines, 100),
        ("a.jsonl.gz", truncated_lines, 300_000),
        ("a.tfrecord", records, 100),
        ("a.parquet", groups, 100),
        ("a.warc.gz", archive, 100),
    ],
)
def test_what_lies_beyond_is_not_read(tmp_path: Path, name: str, write: Write, rows: int) -> None:
    write(tmp_path / name, rows)
    assert len(limited(tmp_path / name, 20)) == 20
    with pytest.raises(BadFile):
        read(tmp_path / name)
