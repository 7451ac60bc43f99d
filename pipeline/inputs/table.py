"""What readers of tables share: images by path, and batches that stay small with images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pyarrow as pa

from pipeline.files import is_local
from pipeline.inputs.errors import reading
from pipeline.inputs.folder import Folder
from pipeline.inputs.layout import Layout
from pipeline.inputs.reader import (
    FIELDS,
    IMAGE_BATCH_BYTES,
    IMAGE_BATCH_ROWS,
    WHOLE,
    Span,
)
from pipeline.inputs.sources import Source

Item = TypeVar("Item")


class TableReader:
    """A table, one row a pair. A subclass gives `spans` and the batches of the file itself."""

    one_shard = False

    def __init__(self, source: Source, layout: Layout, text_only: bool) -> None:
        self.source = source
        self.path = source.path
        self.layout = layout
        self.has_images = layout.has_images
        self._by_path = "image_path" in layout.roles and "image" not in layout.roles and not text_only
        self._folder = Folder(parent(source.path))

    @property
    def folder(self) -> str:
        return self._folder.root

    @property
    def paths_seen(self) -> int:
        return self._folder.seen

    @property
    def paths_found(self) -> int:
        return self._folder.found

    def spans(self, rows: int) -> list[Span]:
        return [WHOLE]

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        with reading(self.path):
            for batch in self.raw_batches(span):
                table = self.layout.arrange(batch)
                yield from self._with_files(table) if self._by_path else [table]

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        paths = rows["image_path"].to_pylist()
        yield from self._folder.read(paths) if self._by_path else [None] * len(paths)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        """The rows of `span` with the columns that `layout` was made for; at least one batch."""
        raise NotImplementedError

    def _with_files(self, table: pa.Table) -> Iterator[pa.Table]:
        return with_images(table, self._folder.read_counted(table["image_path"].to_pylist()))


def with_images(table: pa.Table, images: Iterable[bytes | None]) -> Iterator[pa.Table]:
    """The rows of `table` with these images, in tables of bounded rows and bytes; at least one."""
    first = 0
    for some in bounded(images, _length):
        yield set_columns(table.slice(first, len(some)), image=pa.array(some, pa.large_binary()))
        first += len(some)


def bounded(items: Iterable[Item], length: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Consecutive items in lists of bounded rows and bytes; at least one list."""
    held: list[Item] = []
    size, is_empty = 0, True
    for item in items:
        is_empty = False
        held.append(item)
        size += length(item)
        if size >= IMAGE_BATCH_BYTES or len(held) == IMAGE_BATCH_ROWS:
            yield held
            held, size = [], 0
    if held or is_empty:
        yield held


def _length(image: bytes | None) -> int:
    return 0 if image is None else len(image)


def set_columns(table: pa.Table, **columns: pa.Array) -> pa.Table:
    """The table with other content in these of `FIELDS`."""
    for name, column in columns.items():
        number = FIELDS.get_field_index(name)
        table = table.set_column(number, FIELDS.field(number), column)
    return table


def parent(path: str) -> str:
    """The folder of a file, local or remote."""
    return os.path.dirname(path) if is_local(path) else path.rpartition("/")[0]
