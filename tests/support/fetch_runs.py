"""Whole fetches from scripted servers, and what they leave."""

from __future__ import annotations

import csv
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.support.command import fingerprint
from tests.support.two_runs import call

Row = dict[str, Any]
LOCAL = ("--fetch.allow_private=true", "--fetch.delay=0", "--fetch.timeout=120", "--fetch.connect=60")
"""Options for servers of this machine: no delay, and time enough where it is busy."""


def arguments(source: str | Path, store: Path, *options: str) -> list[str]:
    return ["fetch", str(source), f"--output={store}", *LOCAL, "--fetch.low_speed=0", *options]


def fetch(source: str | Path, store: Path, *options: str) -> Path:
    """A fetch in this process that must end well; returns its folder."""
    assert call(*arguments(source, store, "--workers=1", *options)) == 0
    return store


def table(file: Path, rows: Iterable[tuple[str | None, str]]) -> Path:
    """Writes URLs and texts as CSV."""
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([("url", "text"), *rows])
    return file


def statuses(store: Path) -> list[Row]:
    """All rows of a store, shard by shard."""
    return [row for file in sorted((store / "status").iterdir()) for row in pq.read_table(file).to_pylist()]


def images(store: Path) -> dict[str, Row]:
    """Image, text and fields of each sample of a store's tars, by the key in its fields."""
    found: dict[str, Row] = {}
    for file in tars(store):
        samples: dict[str, dict[str, bytes]] = {}
        with tarfile.open(file) as archive:
            for member in archive:
                stem, _, ending = member.name.partition(".")
                content = archive.extractfile(member)
                assert content is not None
                samples.setdefault(stem, {})[ending] = content.read()
        for sample in samples.values():
            fields, text = json.loads(sample.pop("json")), sample.pop("txt").decode()
            (image,) = sample.values()
            found[fields["key"]] = {"image": image, "text": text, "fields": fields}
    return found


def tars(store: Path) -> list[Path]:
    return sorted(store.glob("images-*.tar"))


def left(store: Path) -> dict[str, str]:
    """The sha256 of each file that must not depend on workers, order of answers and kills."""
    files = [*tars(store), *(store / "status").iterdir()]
    return {file.relative_to(store).as_posix(): fingerprint(file) for file in sorted(files)}


def read_json(store: Path, name: str) -> Row:
    found: Row = json.loads((store / name).read_text())
    return found
