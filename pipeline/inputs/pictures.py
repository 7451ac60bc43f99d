"""Pictures from any source: folders and globs of pictures, tars and tables, as tasks that workers share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from pipeline.files import is_local, read_bytes
from pipeline.inputs import Input, InputError, Reader, Source, Span, find_sources, open_source
from pipeline.inputs.errors import reading
from pipeline.inputs.row_keys import row_keys
from pipeline.inputs.sources import EXTENSIONS, list_files

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
IMAGES_PER_TASK = 256
ROWS_PER_TASK = 1000


@dataclass(frozen=True)
class Files:
    """Some picture files, named `<set>/<path below it>`."""

    sources: tuple[Source, ...]

    @property
    def work(self) -> int:
        """The task's size in bytes, for sharing."""
        return sum(source.size for source in self.sources)

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yields every picture's name and bytes. Raises BadFile."""
        for source in self.sources:
            with reading(source.path):
                data = read_bytes(source.path)
            yield source.name, data


@dataclass(frozen=True)
class Rows:
    """The pictures of some rows of a table, or of a tar, named `<set>/<key>`."""

    source: Source
    span: Span
    work: int
    name: str  # name of the set

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yields every picture's name and bytes, b'' for a row without one. Raises BadFile."""
        reader, first = open_source(self.source, Input()), self.span.first
        for batch in reader.batches(self.span):
            keys = batch["key"].combine_chunks()
            named = pc.coalesce(keys, row_keys(self.source.name, first, len(batch))) if keys.null_count else keys
            for key, image in zip(named, batch["image"], strict=True):
                yield f"{self.name}/{key.as_py()}", image.as_py() or b""
            first += len(batch)


Task = Files | Rows


def find_tasks(patterns: Sequence[str], name: str | None = None) -> list[Task]:
    """The tasks of all patterns, in order; `name` is the set's, in place of the folder's or the file's.

    A folder gives its pictures, or its tars and tables if it has none. Raises InputError, BadFile.
    """
    return [task for pattern in patterns for task in _tasks(pattern, name)]


def _tasks(pattern: str, name: str | None) -> Iterator[Task]:
    if not _has_pictures(pattern):
        for source in find_sources([pattern]):
            yield from _rows(source, name or os.path.splitext(os.path.basename(source.path))[0])
        return
    images = find_pictures(pattern)
    if name is not None:
        images = [replace(image, name=f"{name}/{image.name.partition('/')[2]}") for image in images]
    for start in range(0, len(images), IMAGES_PER_TASK):
        yield Files(tuple(images[start : start + IMAGES_PER_TASK]))


def path_help(tasks: Sequence[Task]) -> str:
    """Returns the end of a message that no picture exists: the places where a table's paths start, and a way out.

    Empty where the first table or tar of `tasks` names no picture by path.
    """
    if (rows := next((task for task in tasks if isinstance(task, Rows)), None)) and (reader := _with_paths(rows)):
        start = f"paths start at {reader.places} (input.image_folder is for --input alone)"
        return f"; {start}; give the folder of the pictures in place of {rows.source.path}"
    return ""


def beside(tasks: Sequence[Task]) -> list[str]:
    """Returns the tables and tars of `tasks` that begin with paths of pictures beside them."""
    firsts = {task.source: task for task in reversed(tasks) if isinstance(task, Rows)}
    return sorted(source.path for source, rows in firsts.items() if _with_paths(rows))


def _with_paths(rows: Rows) -> Reader | None:
    """Returns the reader of a table whose first rows name pictures by path."""
    reader = open_source(rows.source, Input())
    next(reader.batches(rows.span), None)
    return reader if reader.paths_seen else None


def find_pictures(pattern: str) -> list[Source]:
    """Picture files of a folder or glob, named by it. Raises InputError if nothing matches."""
    images = [image for image in list_files(pattern, PICTURES) if image.path.lower().endswith(PICTURES)]
    return [replace(image, name=f"{_set_name(pattern)}/{image.name}") for image in images]


def _set_name(pattern: str) -> str:
    """The set's name: the base name of the folder, or of a glob's fixed part."""
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    folder = pattern if fixed == pattern and not pattern.lower().endswith(PICTURES) else os.path.dirname(fixed)
    return os.path.basename(folder.rstrip("/"))


def _has_pictures(pattern: str) -> bool:
    files = list_files(pattern, (*PICTURES, *EXTENSIONS) if is_local(pattern) and os.path.isdir(pattern) else ("",))
    return any(file.path.lower().endswith(PICTURES) for file in files)


def _rows(source: Source, name: str) -> Iterator[Rows]:
    reader = open_source(source, Input())
    if not reader.has_images:
        raise InputError(f"images: {source.path} holds no images")
    spans = reader.spans(ROWS_PER_TASK)
    for span in spans:
        yield Rows(source, span, source.size // len(spans), name)
