"""Labelled pictures in the files of a prepared TFDS set: shards of Examples with `image` and `label`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.example import decode_example, read_records
from train.sets.files import BadSet, read_lines
from train.transfer.labelled import Labelled

NAMES = "label.labels.txt"
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_SHARD = re.compile(r".+-(?P<part>[^-]+)\.tfrecord-(?P<number>\d{5})-of-(?P<count>\d{5})")


@dataclass(frozen=True)
class RecordPicture:
    """A picture in a record, by the record's byte offset in its file."""

    shard: str
    offset: int

    @property
    def name(self) -> str:
        """The file and offset."""
        return f"{self.shard}@{self.offset}"

    def read(self) -> bytes:
        """Reads the picture. Raises OSError."""
        with open(self.shard, "rb") as file:
            file.seek(self.offset)
            _, record = next(read_records(file))
        return bytes(decode_example(record)["image"][0])


def tfds_folder(root: str) -> str | None:
    """The folder of a set's shards: this folder, or that of its last version; None without shards."""
    folder = Path(root)
    versions = [file for file in folder.glob("*.*.*") if _VERSION.fullmatch(file.name)]
    last = max(versions, key=lambda file: [int(part) for part in file.name.split(".")], default=folder)
    return str(last) if last.is_dir() and any(_SHARD.fullmatch(file.name) for file in last.iterdir()) else None


def read_tfds(root: str, part: str) -> Labelled:
    """The pictures of a split in the order of its shards. Raises BadSet if one is missing or holds other records."""
    pictures, labels = list[RecordPicture](), list[int]()
    for shard in _shards(root, part):
        for offset, label in _labels(shard):
            pictures.append(RecordPicture(shard, offset))
            labels.append(label)
    if not labels:
        raise BadSet(f"{root}: no record in its split {part}")
    return Labelled(pictures, np.array(labels, np.int64), _classes(root, max(labels)))


def _shards(root: str, part: str) -> list[str]:
    """Shards of a split. Raises BadSet unless all exist."""
    named = [(file, match) for file in sorted(Path(root).iterdir()) if (match := _SHARD.fullmatch(file.name))]
    found = [(str(file), match) for file, match in named if match["part"] == part]
    if not found:
        parts = sorted({match["part"] for _, match in named})
        raise BadSet(f"{root}: no split {part!r}; its splits are {', '.join(parts)} (see transfer.data)")
    wanted = int(found[0][1]["count"])
    if missing := set(range(wanted)) - {int(match["number"]) for _, match in found}:
        raise BadSet(f"{root}: {len(missing):,} of {wanted:,} shards of {part} are missing, such as {min(missing):05d}")
    return [path for path, _ in found]


def _labels(shard: str) -> Iterator[tuple[int, int]]:
    """Yields each record's offset and label."""
    with open(shard, "rb") as file:
        try:
            for offset, record in read_records(file):
                yield offset, _label(f"{shard}@{offset}", record)
        except ValueError as error:
            raise BadSet(str(error)) from error


def _label(place: str, record: bytes) -> int:
    features = decode_example(record)
    image, label = features.get("image", []), features.get("label", [])
    if len(image) != 1 or not isinstance(image[0], bytes) or len(label) != 1 or not isinstance(label[0], int):
        raise BadSet(f"{place}: no image and label; the record has {', '.join(sorted(features)) or 'nothing'}")
    return label[0]


def _classes(root: str, highest: int) -> tuple[str, ...]:
    """Names of the labels; numbers, if the set has no names. Raises BadSet for more labels than names."""
    file = Path(root) / NAMES
    names = read_lines(str(file)) if file.exists() else list(map(str, range(highest + 1)))
    if highest >= len(names):
        raise BadSet(f"{file}: {len(names):,} names; there is a label {highest}")
    return tuple(names)
