"""What readers of tables share: the layout, and images by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import is_local
from pipeline.inputs import convert
from pipeline.inputs.batching import bounded, merged, set_columns
from pipeline.inputs.embedded import embedding_command, lone_paths
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
        self._folder = self.make_folder(settings.image_folder or parent(source.path))

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
    def looked_in(self) -> str:
        help_ = f"{self._folder.places}; input.image_folder=DIR names another folder"
        if "image" not in self.layout.roles:
            return help_
        name = self._settings.columns.image or "image"
        return f"{help_}, or embed the images where they are: {embedding_command(self.source.path, name)}"

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
            tables = (table for batch in self.raw_batches(span) for table in self._tables(batch))
            yield from merged(tables) if "image" in self.layout.roles and not self._text_only else tables

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        return self._folder.read(rows["image_path"].to_pylist())

    def make_folder(self, root: str) -> Folder:
        """Where the images are that this table names by path; `root` is a local or remote folder."""
        return Folder(root)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        """The rows of `span` with the columns that `layout` was made for; at least one batch."""
        raise NotImplementedError

    def pictures(self, column: pa.Array, rows: list[int]) -> Iterator[bytes | None]:
        """The images in these rows of an image column, read by path where they have no bytes."""
        images, paths = convert.image_bytes(column), lone_paths(column)
        if paths is None:
            yield from (images[row].as_py() for row in rows)
            return
        found = self._folder.read(paths.take(pa.array(rows, pa.int64())).to_pylist())
        for row, content in zip(rows, found, strict=True):
            yield images[row].as_py() if images[row].is_valid else content

    def _tables(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """The rows of a batch as `FIELDS` and the carried columns, with the images that they name by path."""
        table = self.layout.arrange(batch)
        number = self.layout.roles.get("image")
        paths = lone_paths(batch.column(number)) if number is not None else None
        if paths is not None:
            table = set_columns(table, image_path=pc.coalesce(paths, table["image_path"]))
        elif self.layout.images_by_path:
            paths = table["image_path"]
        yield from [table] if paths is None or self._text_only else self._with_files(table, paths.to_pylist())

    def _with_files(self, table: pa.Table, paths: list[str | None]) -> Iterator[pa.Table]:
        """The table in smaller ones, each with the files at `paths`, a path a row, where it has no image yet."""
        first = 0
        for contents in bounded(self._folder.read_counted(paths), _length):
            part, images = table.slice(first, len(contents)), pa.array(contents, pa.large_binary())
            embedded = part["image"]
            yield set_columns(part, image=pc.coalesce(embedded, images) if embedded.null_count < len(part) else images)
            first += len(contents)


def _length(image: bytes | None) -> int:
    return 0 if image is None else len(image)


def parent(path: str) -> str:
    """The folder of a file, local or remote."""
    return os.path.dirname(path) if is_local(path) else path.rpartition("/")[0]
