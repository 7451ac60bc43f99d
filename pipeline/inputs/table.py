"""What readers of tables share: the layout, and images by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa

from pipeline.files import is_local
from pipeline.inputs.batching import bounded, merged, set_columns
from pipeline.inputs.errors import reading
from pipeline.inputs.folder import Folder
from pipeline.inputs.layout import Layout
from pipeline.inputs.reader import WHOLE, Span
from pipeline.inputs.settings import Input
from pipeline.inputs.sources import Source


class TableReader:
    """A table, one row a pair. A subclass gives the layout and the batches of the file itself."""

    one_shard = False

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        self.source = source
        self._settings = settings
        self._text_only = text_only
        self._folder = Folder(parent(source.path))

    @cached_property
    def layout(self) -> Layout:
        """Raises BadFile where a column is missing."""
        raise NotImplementedError

    @property
    def has_images(self) -> bool:
        return self.layout.has_images

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
        with reading(self.source.path):
            tables = (self.layout.arrange(batch) for batch in self.raw_batches(span))
            if self._text_only or not self.has_images:
                yield from tables
            elif self.layout.images_by_path:
                yield from (part for table in tables for part in self._with_files(table))
            else:
                yield from merged(tables)

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        return self._folder.read(rows["image_path"].to_pylist())

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        """The rows of `span` with the columns that `layout` was made for; at least one batch."""
        raise NotImplementedError

    def _with_files(self, table: pa.Table) -> Iterator[pa.Table]:
        """The table in smaller ones, each with its images."""
        first = 0
        for images in bounded(self._folder.read_counted(table["image_path"].to_pylist()), _length):
            yield set_columns(table.slice(first, len(images)), image=pa.array(images, pa.large_binary()))
            first += len(images)


def _length(image: bytes | None) -> int:
    return 0 if image is None else len(image)


def parent(path: str) -> str:
    """The folder of a file, local or remote."""
    return os.path.dirname(path) if is_local(path) else path.rpartition("/")[0]
