"""Folders as img2dataset leaves them in each of its formats; `test_img2dataset` holds them against its own."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.pictures import encoded, noise
from train.example import encode_example, write_record

Row = dict[str, Any]

PICTURE = encoded(noise(1, (256, 256)), "JPEG")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("caption", "url", "key", "status", "error_message")]
    + [(name, pa.int32()) for name in ("width", "height", "original_width", "original_height")]
)


def download(number: int, original: tuple[int | None, int | None] = (300, 300), image: bytes | None = PICTURE) -> Row:
    """A row with its image under `jpg`; None is a download that failed."""
    ok = image is not None
    row = {"caption": f"a red kite flies over house {number}", "url": f"http://u/{number}", "key": f"{number:09d}"}
    row |= {"status": "success" if ok else "failed_to_download", "error_message": None if ok else "HTTP Error 404"}
    row |= {"width": 256 if ok else None, "height": 256 if ok else None}
    return row | {"original_width": original[0], "original_height": original[1], "jpg": image}


def write(folder: Path, kind: str, rows: Sequence[Row], shard: str = "00000") -> Path:
    """Writes a shard of the format `kind` and its statistics; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    WRITERS[kind](folder / shard, rows)
    (folder / f"{shard}_stats.json").write_text(json.dumps({"count": len(rows)}))
    return folder


def _webdataset(stem: Path, rows: Sequence[Row]) -> None:
    with tarfile.open(f"{stem}.tar", "w") as archive:
        for name, content in _members(rows):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    _table(stem, rows)


def _files(stem: Path, rows: Sequence[Row]) -> None:
    stem.mkdir()
    for name, content in _members(rows):
        (stem / name).write_bytes(content)
    _table(stem, rows)


def _tfrecord(stem: Path, rows: Sequence[Row]) -> None:
    with open(f"{stem}.tfrecord", "wb") as file:
        for row in _downloaded(rows):
            features = {name: b"" if value is None else value for name, value in row.items()}
            write_record(file, encode_example({**features, "txt": row["caption"]}))
    _table(stem, rows)


def _parquet(stem: Path, rows: Sequence[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA.append(pa.field("jpg", pa.binary()))), f"{stem}.parquet")


def _table(stem: Path, rows: Sequence[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), f"{stem}.parquet")


def _members(rows: Sequence[Row]) -> list[tuple[str, bytes]]:
    members = []
    for row in _downloaded(rows):
        fields = {name: value for name, value in row.items() if name != "jpg"}
        members += [(f"{row['key']}.jpg", row["jpg"]), (f"{row['key']}.txt", row["caption"].encode())]
        members.append((f"{row['key']}.json", json.dumps(fields, indent=4).encode()))
    return members


def _downloaded(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["jpg"] is not None]


WRITERS: Mapping[str, Callable[[Path, Sequence[Row]], None]] = {
    "webdataset": _webdataset,
    "parquet": _parquet,
    "tfrecord": _tfrecord,
    "files": _files,
}
