"""Damaged files of every kind: cut, changed, shuffled, put together. A reader gives clean rows or BadFile, and ends."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Columns, Input
from pipeline.inputs.pages.extra import PAGES
from tests.support import pages as pages_of
from tests.support.inputs import open_path, whole
from train.example import encode_example, write_record

CASES = 300  # per file
TEXTS = ["a cat", 'say "hi"', "two\nlines", "ünï ☃ 猫", "", "x" * 300]
ROWS = [
    {"text": text, "url": f"http://u/{row}", "key": f"k{row}", "n": row, "score": row / 3, "width": 9}
    for row, text in enumerate(TEXTS * 3)
]


def image(row: int) -> bytes:
    return random.Random(row).randbytes(40 + row * 13)


def parquet(**options: object) -> bytes:
    rows = [{**row, "image": {"bytes": image(number), "path": None}} for number, row in enumerate(ROWS)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer, row_group_size=7, **options)
    return buffer.getvalue()


def delimited(separator: str) -> bytes:
    values = [[str(value).replace('"', '""') for value in row.values()] for row in ROWS]
    lines = [separator.join(ROWS[0]), *(separator.join(f'"{value}"' for value in row) for row in values)]
    return "\n".join(lines).encode()


def jsonl() -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()


def tar(kind: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for number, row in enumerate(ROWS[:9]):
            stem = "é" * 120 if number == 4 else row["key"]
            for end, content in (
                ("jpg", image(number)),
                ("txt", str(row["text"]).encode()),
                ("json", json.dumps(row).encode()),
            ):
                member = tarfile.TarInfo(f"{stem}.{end}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def arrow(new_writer: Callable[..., pa.ipc.RecordBatchStreamWriter], compression: str | None = None) -> bytes:
    rows = [{**row, "image": {"bytes": image(number), "path": None}} for number, row in enumerate(ROWS)]
    table, buffer = pa.Table.from_pylist(rows), io.BytesIO()
    with new_writer(buffer, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=7)
    return buffer.getvalue()


def coco() -> bytes:
    captions = [{"id": number, "image_id": number // 2, "caption": row["text"]} for number, row in enumerate(ROWS)]
    images = [{"id": number, "file_name": f"{number}.jpg", "width": 9} for number in range(len(ROWS) // 2)]
    return json.dumps({"info": {"year": 2017}, "images": images, "annotations": captions}).encode()


def karpathy() -> bytes:
    sentences = [{"sentid": number, "raw": row["text"], "tokens": ["a"]} for number, row in enumerate(ROWS)]
    images = [{"filename": f"{n}.jpg", "filepath": "x", "sentences": sentences[n : n + 3]} for n in range(0, 18, 3)]
    return json.dumps({"images": images, "dataset": "flickr8k"}, indent=1).encode()


def records(rng: random.Random | None = None) -> bytes:
    """With `rng` one record is damaged below its checksum."""
    buffer, hit = io.BytesIO(), rng.randrange(len(ROWS)) if rng else None
    for number, row in enumerate(ROWS):
        data = encode_example({"jpg": image(number), "txt": str(row["text"]), "key": str(row["key"]), "n": number})
        write_record(buffer, damage(rng, data) if rng and number == hit else data)
    return buffer.getvalue()


def pages() -> list[str]:
    """Pages of three images each, with the rows' texts and URLs; an image without a text is no pair."""
    images = [pages_of.image(str(row["text"]), str(row["url"])) for row in ROWS]
    return ["<!DOCTYPE html><p>" + "<p>".join(images[first : first + 3]) for first in range(0, len(ROWS), 3)]


def rows_of(name: str) -> list[dict[str, object]]:
    """The rows that a file of FILES has."""
    if name.endswith(PAGES):
        return [row for row in ROWS if row["text"]]
    return ROWS[:9] if name.endswith(".tar") else ROWS


FILES: dict[str, Callable[[], bytes]] = {
    "a.parquet": parquet,
    "b.parquet": lambda: parquet(compression="zstd", data_page_version="2.0", use_dictionary=False),
    "c.parquet": lambda: parquet(compression="none", write_page_checksum=True),
    "a.csv": lambda: delimited(","),
    "a.csv.gz": lambda: gzip.compress(delimited(","), mtime=0),
    "a.tsv": lambda: delimited("\t"),
    "a.jsonl": jsonl,
    "a.jsonl.gz": lambda: gzip.compress(jsonl(), mtime=0),
    "gnu.tar": lambda: tar(tarfile.GNU_FORMAT),
    "pax.tar": lambda: tar(tarfile.PAX_FORMAT),
    "a.tfrecord": records,
    "a.arrow": lambda: arrow(pa.ipc.new_stream),
    "b.arrow": lambda: arrow(pa.ipc.new_file),
    "c.arrow": lambda: arrow(pa.ipc.new_stream, "lz4"),
    "coco.json": coco,
    "karpathy.json": karpathy,
    "a.warc": lambda: pages_of.warc(*pages(), packed=False),
    "a.warc.gz": lambda: pages_of.warc(*pages()),
    "b.warc.gz": lambda: gzip.compress(pages_of.warc(*pages(), packed=False), mtime=0),
    "a.wat": lambda: gzip.decompress(pages_of.wat(*pages())),
    "a.wat.gz": lambda: pages_of.wat(*pages()),
    "a.html": lambda: "\n".join(pages()).encode(),
    "a.html.gz": lambda: gzip.compress("\n".join(pages()).encode(), mtime=0),
}


def damage(rng: random.Random, content: bytes) -> bytes:
    """One to three kinds of damage at random places."""
    for _ in range(rng.randint(1, 3)):
        data, place = bytearray(content), rng.randrange(len(content) or 1)
        size = rng.choice([1, 2, 8, 64, 512])
        match rng.randrange(7):
            case 0:
                data = data[:place]
            case 1:
                del data[place : place + size]
            case 2:
                data[place:place] = rng.randbytes(size)
            case 3:
                data[place : place + size] = rng.randbytes(min(size, len(data) - place))
            case 4:
                data[place : place + size] = bytes(min(size, len(data) - place))
            case 5:
                data[place : place + 1] = rng.choice([b"\xff", b"\0", b'"', b"\n", b",", b"\t", b"-", b"9", b"{", b"["])
            case 6:
                data[place:place] = data[rng.randrange(len(data) or 1) :][:size]
        content = bytes(data)
    return content


def damaged(name: str) -> Iterator[bytes]:
    content = FILES[name]()
    rng = random.Random(name)
    for _ in range(CASES):
        hit = damage(rng, content)
        if rng.random() < 0.5 and name.endswith(".gz"):  # below the checksum
            hit = gzip.compress(damage(rng, gzip.decompress(content)), mtime=0)
        if rng.random() < 0.5 and name.endswith(".tfrecord"):
            hit = records(rng)
        yield hit


@pytest.mark.parametrize("name", FILES)
def test_whole_files_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name]())
    assert len(whole(open_path(tmp_path / name))) == len(rows_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_give_rows_or_bad_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for number, content in enumerate(damaged(name)):
        path.write_bytes(content)
        header = number % 5 > 0 or name[-4:] in (".tar", "cord")
        settings = Input(header=header, columns=Columns() if header else Columns(text="0", url="1"))
        try:
            reader = open_path(path, settings)
            table = whole(reader)
            rows = pa.array(range(len(table)), pa.int64())
            images = list(reader.images(table.append_column("row", rows)))
        except BadFile as error:
            assert error.path == str(path) and error.reason.strip() and "\n" not in str(error)
        else:
            assert images == table["image"].to_pylist()
