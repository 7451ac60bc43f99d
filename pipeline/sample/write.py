"""Rows to files, one function for each kind of input that the pipeline reads. Equal rows give equal bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.sample.rows import Row
from train.example import encode_example, write_record

Rows = list[Row]


def write_parquet(path: Path, rows: Rows) -> None:
    """Image bytes in a column, with the URL and the picture's hash, as crawlers store them."""
    columns = {
        "key": pa.array([row.key for row in rows], pa.string()),
        "url": pa.array([row.url for row in rows], pa.string()),
        "text": pa.array([row.text for row in rows], pa.string()),
        "image": pa.array([row.image for row in rows], pa.binary()),
        "sha256": pa.array([_sha256(row.image) for row in rows], pa.string()),
    }
    pq.write_table(pa.table(columns), path, row_group_size=200)


def write_hugging_face_parquet(path: Path, rows: Rows) -> None:
    """An image column of structs of bytes and path, as the `datasets` library writes it; no keys."""
    images = [{"bytes": row.image, "path": row.name} for row in rows]
    columns = {
        "image": pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "caption": pa.array([row.text for row in rows], pa.string()),
    }
    pq.write_table(pa.table(columns), path, row_group_size=200)


def write_tar(path: Path, rows: Rows) -> None:
    """WebDataset: a few members with one stem for each row. A row without image or text lacks that member."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for row in rows:
            facts = {"key": row.key, "url": row.url, "caption": row.text, "width": row.width, "height": row.height}
            members = {
                Path(row.name).suffix: row.image,
                ".txt": None if row.text is None else row.text.encode(),
                ".json": json.dumps(facts | {"sha256": _sha256(row.image)}).encode(),
            }
            for ending, content in members.items():
                if content is not None:
                    _add(tar, row.key + ending, content)


def write_tfrecord(path: Path, rows: Rows) -> None:
    """Records with `jpg`, `txt`, `key` and `url`; a row without one of them lacks that feature."""
    with path.open("wb") as file:
        for row in rows:
            features = {"jpg": row.image, "txt": row.text, "key": row.key, "url": row.url}
            write_record(file, encode_example({name: value for name, value in features.items() if value is not None}))


def write_jsonl(path: Path, rows: Rows) -> None:
    """A line for each row with its image's path, and the images in a folder beside it, with the table's name.

    A name with a slash is a path already: that row's image is not written.
    """
    folder = path.with_suffix("")
    folder.mkdir()
    lines = []
    for row in rows:
        place = row.name if "/" in row.name else f"{folder.name}/{row.name}"
        if row.image is not None and row.name != place:
            (folder / row.name).write_bytes(row.image)
        lines.append({"key": row.key, "alt_text": row.text, "image_path": None if row.image is None else place})
    write_json_lines(path, lines)


def write_csv(path: Path, rows: Rows) -> None:
    """Links without images, with the size that the page states."""
    _write_table(path, ["key", "url", "alt", "width", "height"], rows, ",")


def write_tsv(path: Path, rows: Rows) -> None:
    """Links with a text only: neither key nor size."""
    _write_table(path, ["url", "TEXT"], rows, "\t")


def write_json_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """JSON objects, one per line, with unescaped characters."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _write_table(path: Path, columns: list[str], rows: Rows, delimiter: str) -> None:
    attributes = {"alt": "text", "TEXT": "text"}
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        table.writerow(columns)
        table.writerows([getattr(row, attributes.get(name, name)) for name in columns] for row in rows)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Adds a member without owner or time: tarfile's defaults are 0."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _sha256(image: bytes | None) -> str | None:
    return None if image is None else hashlib.sha256(image).hexdigest()
