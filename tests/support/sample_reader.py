"""Reads the crawl that `pipeline.sample` makes, every kind of file, as the statement's pairs; without the pipeline."""

from __future__ import annotations

import csv
import json
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.support.statement import Pair
from train.example import decode_example, read_records

Fields = dict[str, Any]  # values of a pair by name


def read_crawl(crawl: Path) -> list[Pair]:
    """The pairs of all files, in the order of their names. A row without a key gets the one of the contract."""
    pairs = []
    for path in sorted(path for path in crawl.iterdir() if path.is_file()):
        for row, fields in enumerate(READERS[path.suffix](path)):
            key = fields.pop("key", None) or f"{path.name}#{row:09d}"
            pairs.append(Pair(key=key, source=path.name, **fields))
    return pairs


def _read_parquet(path: Path) -> Iterator[Fields]:
    for row in pq.read_table(path).to_pylist():
        if "caption" in row:
            yield {"text": row["caption"], "image": row["image"]["bytes"]}
        else:
            yield row


def _read_tar(path: Path) -> Iterator[Fields]:
    pairs: dict[str, Fields] = defaultdict(dict)
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            key, ending = member.name.split(".")
            with path.open("rb") as file:
                file.seek(member.offset_data)
                pairs[key] |= _part(ending, file.read(member.size))
    yield from ({"key": key} | pair for key, pair in pairs.items())


def _part(ending: str, content: bytes) -> Fields:
    if ending == "json":
        facts = json.loads(content)
        return {name: facts[name] for name in ("url", "sha256")}
    return {"text": content.decode()} if ending == "txt" else {"image": content}


def _read_tfrecord(path: Path) -> Iterator[Fields]:
    with path.open("rb") as file:
        for _, record in read_records(file):
            row = {name: values[0] for name, values in decode_example(record).items()}
            strings = {field: row[name].decode() for name, field in TEXTS.items() if name in row}
            yield strings | {"image": row.get("jpg")}


TEXTS = {"key": "key", "txt": "text", "url": "url"}


def _read_jsonl(path: Path) -> Iterator[Fields]:
    for line in path.read_text().splitlines():
        row = json.loads(line)
        place = path.parent / (row["image_path"] or "none")
        inside = place.resolve().is_relative_to(path.parent.resolve()) and place.is_file()
        image = place.read_bytes() if inside else None
        yield {"key": row["key"], "text": row["alt_text"], "image": image, "image_path": row["image_path"]}


def _read_links(path: Path) -> Iterator[Fields]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","):
            numbers = {side: int(row[side]) if row.get(side) else None for side in ("width", "height")}
            text = row["TEXT"] if "TEXT" in row else row["alt"]
            yield {"key": row.get("key"), "text": text, "url": row["url"], "url_only": True} | numbers


READERS: dict[str, Callable[[Path], Iterator[Fields]]] = {
    ".parquet": _read_parquet,
    ".tar": _read_tar,
    ".tfrecord": _read_tfrecord,
    ".jsonl": _read_jsonl,
    ".csv": _read_links,
    ".tsv": _read_links,
}
