"""Pictures to index, wherever they are: files, tars, tables and records; each with its place, to be read again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from filters.picture import UndecodableImage, header
from pipeline.files import is_local, read_bytes
from pipeline.inputs import Input, Source, Span
from pipeline.inputs.archives.tfrecord import RecordReader
from pipeline.inputs.by_extension import open_source
from pipeline.inputs.json_files.values import valid
from pipeline.inputs.pictures import Files, Rows, Task
from pipeline.inputs.reader import Reader
from pipeline.inputs.row_keys import row_keys
from pipeline.inputs.sources import extension, list_files

NO_PICTURE = "no picture"
FIELDS = ["key", "text", "sha256", "image_path", "offset", "length"]


@dataclass(frozen=True)
class Place:
    """The position of an image: a file of its own, or a `row` of a table, tar or record file."""

    path: str
    row: int | None = None
    image_path: str | None = None
    offset: int | None = None  # bytes
    length: int | None = None


@dataclass
class Found:
    """A picture where one was found, with the text that stands beside it.

    `data` is its bytes where they were read along with the row, until `read` lets go of them.
    """

    name: str
    place: Place
    id: str | None = None  # image id; another position may hold the same image
    text: str | None = None
    data: bytes | None = None
    width: int | None = None  # pixels, known once it is read
    height: int | None = None

    def read(self) -> bytes:
        """Reads the bytes, once. Raises OSError, UndecodableImage."""
        data, self.data = read_bytes(self.place.path) if self.data is None else self.data, b""
        if not data:
            raise UndecodableImage(NO_PICTURE)
        found = header(data)
        self.width, self.height = found.width, found.height
        return data


def tasks_of_records(paths: Sequence[str]) -> list[Task]:
    """Returns the tasks of record files. Raises InputError."""
    sources = [source for path in paths for source in list_files(path)]
    return [Rows(source, Span(), source.size, "") for source in sources]


def files_of(tasks: Sequence[Task]) -> Iterator[Source]:
    """The files that tasks read, one after the other."""
    for task in tasks:
        yield from task.sources if isinstance(task, Files) else [task.source]


def found_in(task: Task) -> Iterator[Found]:
    """The pictures of a task, in order. Raises BadFile."""
    if isinstance(task, Files):
        yield from (Found(valid(source.name), Place(_full(source.path))) for source in task.sources)
    else:
        yield from _rows(task)


def place_of(picture: Mapping[str, Any]) -> Place:
    """The place that an index remembers of a picture."""
    return Place(*(picture[field.name] for field in fields(Place)))


def read_again(place: Place) -> bytes:
    """The bytes at the place of a picture that was found before. Raises OSError, BadFile, UndecodableImage."""
    if place.row is None:
        return read_bytes(place.path)
    (source,) = list_files(place.path)
    columns = {name: [getattr(place, name)] for name in ("row", "image_path", "offset", "length")}
    (data,) = _reader(source).images(pa.table(columns))
    if not data:
        raise UndecodableImage(NO_PICTURE)
    return data


def _rows(task: Rows) -> Iterator[Found]:
    row = task.span.first
    for batch in _reader(task.source).batches(task.span):
        names = row_keys(task.source.name, row, len(batch)).to_pylist()
        for name, values, image in zip(names, batch.select(FIELDS).to_pylist(), batch["image"], strict=True):
            data = image.as_py() or b""
            yield Found(
                name=values["key"] or values["image_path"] or name,
                place=Place(_full(task.source.path), row, values["image_path"], values["offset"], values["length"]),
                id=(values["sha256"] or hashlib.sha256(data).hexdigest()) if data else None,
                text=None if values["text"] is None else values["text"].decode(errors="replace"),
                data=data,
            )
            row += 1


def _reader(source: Source) -> Reader:
    """Record files may have any name."""
    return open_source(source, Input()) if extension(source.path) else RecordReader(source, Input(), False)


def _full(path: str) -> str:
    return os.path.abspath(path) if is_local(path) else path
