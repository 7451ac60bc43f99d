"""WebDataset tars, as img2dataset writes them: members whose names differ after the first dot make one pair.

Member names are keys and nothing else: nothing is extracted, and links, folders and devices are passed over.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import open_file
from pipeline.inputs import convert
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.layout import Layout, find_roles, make_layout
from pipeline.inputs.reader import WHOLE, Span
from pipeline.inputs.settings import ALIASES, Input
from pipeline.inputs.sources import Source
from pipeline.inputs.table import bounded, set_columns
from pipeline.inputs.values import Fields, valid

IMAGES = ("jpg", "jpeg", "png", "webp", "gif")

_NAME = re.compile(r"((?:.*/)?[^/.]+)\.([^/]*)", re.DOTALL)
_ALIASES = {
    **ALIASES,
    "key": (*ALIASES["key"], ".key"),
    "text": (".txt", *ALIASES["text"]),
    "image": (),
}


Row = dict[str, Any]


class Part(NamedTuple):
    """Where the content of a member lies."""

    offset: int
    length: int


@dataclass(slots=True)
class Sample:
    """The members of one pair."""

    key: str
    parts: dict[str, Part] = field(default_factory=dict)  # image, txt, json: the first of each


class TarReader:
    """A tar file. Its headers are read first, to know the fields of all its `.json`; then its members, once."""

    one_shard = True
    has_images = True
    folder = ""
    paths_seen = 0
    paths_found = 0

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        self.source = source
        self.path = source.path
        self._columns = settings.columns
        self._text_only = text_only

    def spans(self, rows: int) -> list[Span]:
        return [WHOLE]

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        with reading(self.path), open_file(self.path) as file:
            samples = list(_samples(self.path, file))
            form = self._form(_row(file, sample) for sample in samples)
            pairs = ((sample, _row(file, sample), self._image(file, sample)) for sample in samples)
            for some in bounded(pairs, lambda pair: len(pair[2] or b"")):
                yield form.table(some)

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        with reading(self.path), open_file(self.path) as file:
            for offset, length in zip(rows["offset"].to_pylist(), rows["length"].to_pylist(), strict=True):
                yield None if offset is None else _read(file, Part(offset, length))

    def _image(self, file: BinaryIO, sample: Sample) -> bytes | None:
        return None if self._text_only else _read(file, sample.parts.get("image"))

    def _form(self, rows: Iterable[Row]) -> Form:
        fields = Fields()
        for row in rows:
            fields.add(row)
        roles = find_roles(self.path, fields.schema, self._columns, _ALIASES)
        other = find_roles(self.path, fields.schema, self._columns, ALIASES).get("text")
        return Form(fields, _without_ours(make_layout(fields.schema, roles, has_images=True)), other)


@dataclass(frozen=True)
class Form:
    """What the table of a file looks like."""

    fields: Fields
    layout: Layout
    other_text: int | None  # the field that is the text of a pair without .txt

    def table(self, pairs: Sequence[tuple[Sample, Row, bytes | None]]) -> pa.Table:
        """The batch of these pairs."""
        batch = self.fields.batch([row for _, row, _ in pairs])
        table = self.layout.arrange(batch)
        if self.other_text is not None:
            table = set_columns(table, text=pc.coalesce(table["text"], convert.binary(batch.column(self.other_text))))
        places = [sample.parts.get("image", (None, None)) for sample, _, _ in pairs]
        return set_columns(
            table,
            image=pa.array([image for _, _, image in pairs], pa.large_binary()),
            offset=pa.array([offset for offset, _ in places], pa.int64()),
            length=pa.array([length for _, length in places], pa.int64()),
        )


def _samples(path: str, file: BinaryIO) -> Iterator[Sample]:
    """The pairs in order: neighbours with the same key."""
    sample = Sample("")
    for name, part in _members(path, file):
        match = _NAME.fullmatch(name)
        kind = _kind(match[2]) if match else None
        if match is None or kind is None:
            continue
        if match[1] != sample.key:
            if sample.parts:
                yield sample
            sample = Sample(match[1])
        sample.parts.setdefault(kind, part)
    if sample.parts:
        yield sample


def _kind(suffix: str) -> str | None:
    suffix = suffix.lower()
    if suffix in IMAGES:
        return "image"
    return suffix if suffix in ("txt", "json") else None


def _members(path: str, file: BinaryIO) -> Iterator[tuple[str, Part]]:
    """The names and places of all regular files. Raises BadFile where the archive stops short of its end."""
    size = file.seek(0, 2)
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            if member.size < 0 or member.offset_data + member.size > size:
                raise BadFile(path, f"truncated: {member.name!r} is longer than the file")
            if member.isreg() and not member.issparse():
                yield member.name, Part(member.offset_data, member.size)
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all
        _check_end(path, file, archive.offset)


def _check_end(path: str, file: BinaryIO, offset: int) -> None:
    """tarfile takes a damaged header, and a file cut between members, for the end. The end is a block of zeros."""
    file.seek(offset)
    block = file.read(tarfile.BLOCKSIZE)
    if block != tarfile.NUL * tarfile.BLOCKSIZE:
        raise BadFile(
            path,
            f"damaged at byte {offset}: no header of a member" if block else "truncated: no end of archive",
        )


def _row(file: BinaryIO, sample: Sample) -> Row:
    """The fields of a pair: those of its `.json`, and its own key and text."""
    row = _json(_read(file, sample.parts.get("json")))
    row[".key"] = sample.key
    if "txt" in sample.parts:
        row[".txt"] = _read(file, sample.parts["txt"])
    return row


def _json(content: bytes | None) -> Row:
    """The fields of a JSON object; none where it is damaged, which is this one pair's loss."""
    try:
        fields = json.loads((content or b"{}").decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return {valid(name): value for name, value in fields.items()} if isinstance(fields, dict) else {}


def _read(file: BinaryIO, part: Part | None) -> bytes | None:
    if part is None:
        return None
    file.seek(part.offset)
    return file.read(part.length)


def _without_ours(layout: Layout) -> Layout:
    """Nothing of `_row`'s own is carried."""
    return Layout(
        layout.roles,
        {name: number for name, number in layout.carried.items() if name not in (".key", ".txt")},
    )
