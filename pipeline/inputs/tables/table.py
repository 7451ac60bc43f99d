"""Shared code of table readers: the layout, and images by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.files import is_local
from pipeline.inputs import captions, convert
from pipeline.inputs.batching import bounded, merged, set_columns
from pipeline.inputs.errors import BadFile, reading, too_long
from pipeline.inputs.folder import Folder
from pipeline.inputs.img2dataset import STATUS, succeeded
from pipeline.inputs.layout import Layout
from pipeline.inputs.limit import rows_with
from pipeline.inputs.reader import NO_PAGES, WHOLE, Span
from pipeline.inputs.settings import Input
from pipeline.inputs.sources import Source
from pipeline.inputs.tables.embedded import embedding_command, lone_paths

_TRIED = 100  # paths of a column tried


class TableReader:
    """A table, one row per pair. A subclass gives the layout and the batches of the file itself."""

    one_shard = False
    failed_downloads = 0
    pages = NO_PAGES
    position = 0

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        self.source = source
        self._settings = settings
        self._text_only = text_only
        self._folder = self.make_folder(settings.image_folder or parent(source.path))

    @cached_property
    def layout(self) -> Layout:
        """The layout. Raises BadFile if a column is missing."""
        raise NotImplementedError

    @property
    def has_images(self) -> bool:
        return self.layout.has_images

    @property
    def folder(self) -> str:
        return self._folder.root

    @property
    def places(self) -> str:
        return self._folder.places

    @property
    def looked_in(self) -> str:
        help_ = f"{self.places}; input.image_folder=DIR names another folder"
        if "image" not in self.layout.roles:
            return help_
        command = embedding_command(self.source.path, self.image_name)
        return f"{help_}, or embed the images where they are: {command}"

    @property
    def image_name(self) -> str:
        """The column with images."""
        return self._settings.columns.image or "image"

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
            parts = (part for table, paths in self._arranged(span) for part in self._with_files(table, paths))
            is_small = "image" in self.layout.roles and not self._text_only
            yield from self._spread(merged(parts) if is_small else parts, span.first)

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        return self._folder.read(rows["image_path"].to_pylist())

    def make_folder(self, root: str) -> Folder:
        """The folder of the images that this table lists by path; `root` is local or remote."""
        return Folder(root)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        """The rows of `span` with the columns that `layout` was made for; at least one batch."""
        raise NotImplementedError

    def pictures(self, column: pa.Array, rows: list[int]) -> Iterator[bytes | None]:
        """The images in these rows of an image column, read by path if they have no bytes."""
        images, paths = convert.image_bytes(column), lone_paths(column)
        if paths is None:
            yield from (images[row].as_py() for row in rows)
            return
        found = self._folder.read(paths.take(pa.array(rows, pa.int64())).to_pylist())
        for row, content in zip(rows, found, strict=True):
            yield images[row].as_py() if images[row].is_valid else content

    def first_values(self, number: int) -> pa.Array:
        """First values of a column that may have a role, to find out."""
        return next(self.raw_batches(WHOLE)).column(number)

    def has_files(self, number: int) -> bool:
        """Returns whether one of a column's first paths is a file."""
        return self.are_files(self.first_values(number))

    def are_files(self, values: pa.Array) -> bool:
        """Returns whether one of the first of these paths is a file."""
        paths = convert.string(values).drop_null()[:_TRIED]
        return any(content is not None for content in self._folder.read(paths.to_pylist()))

    def _arranged(self, span: Span) -> Iterator[tuple[pa.Table, pa.StringArray | None]]:
        """Rows of `span` by role, and the paths of the images to read."""
        row, left = span.first, self._settings.limit
        for batch in self.raw_batches(span):
            table, paths = self._with_paths(self.layout.arrange(batch), batch)
            pairs, paths = self._without_failed(table, None if self._text_only else paths, row, left)
            yield pairs, paths
            row += len(table)
            left = None if left is None else left - len(pairs)
            if left == 0:
                return

    def _without_failed(
        self, table: pa.Table, paths: pa.StringArray | None, row: int, most: int | None
    ) -> tuple[pa.Table, pa.StringArray | None]:
        """Drops failed downloads from the table, which begins at row `row`; sets `offset` to each pair's row.

        Returns the first `most` pairs, and counts no failed download after them; None: all.
        """
        if not self.layout.has_status or not pt.is_string(table[STATUS].type):
            return table.slice(0, most), None if paths is None else paths.slice(0, most)
        table = set_columns(table, offset=pa.array(range(row, row + len(table)), pa.int64()))
        done = succeeded(table[STATUS]).combine_chunks()
        done = done.slice(0, rows_with(done, most))
        self.failed_downloads += len(done) - done.true_count
        return table.slice(0, len(done)).filter(done), None if paths is None else paths.slice(0, len(done)).filter(done)

    def _with_paths(self, table: pa.Table, batch: pa.RecordBatch) -> tuple[pa.Table, pa.StringArray | None]:
        """Adds the paths that an image column has in place of bytes; also returns the paths to read, if any."""
        if "image" not in self.layout.roles:
            return table, table["image_path"] if self.layout.images_by_path else None
        paths = lone_paths(batch.column(self.layout.roles["image"]))
        if paths is not None:
            table = set_columns(table, image_path=pc.coalesce(paths, table["image_path"]))
        return table, paths

    def _spread(self, tables: Iterator[pa.Table], row: int) -> Iterator[pa.Table]:
        """Yields one pair per caption if a row has several; `offset` is then the row, used to find its image again."""
        for table in tables:
            if captions.LISTS in table.column_names and table["offset"].null_count:
                numbers = pa.array(range(row, row + len(table)), pa.int64())
                table = set_columns(table, offset=numbers)
            try:
                yield from captions.spread(table, self.source.name, row)
            except ValueError as error:
                raise BadFile(self.source.path, str(error)) from error
            row += len(table)

    def _with_files(self, table: pa.Table, paths: pa.StringArray | None) -> Iterator[pa.Table]:
        """Splits the table into smaller ones, each with the files at `paths`, one per row; unchanged without paths."""
        if paths is None:
            yield table
            return
        first = 0
        for contents in bounded(self._folder.read_counted(paths.to_pylist()), _length):
            part, images = table.slice(first, len(contents)), pa.array(contents, pa.large_binary())
            embedded = part["image"]
            yield set_columns(part, image=pc.coalesce(embedded, images) if embedded.null_count < len(part) else images)
            first += len(contents)


def rows_of(rows: pa.Table) -> pa.Array:
    """The table row of each pair, int64."""
    return pc.coalesce(rows["offset"], rows["row"]).combine_chunks()


def check_rows(path: str, batch: pa.RecordBatch, first: int, most: int) -> None:
    """Raises BadFile for a row of more than `most` bytes; `first` is the number of the batch's first row."""
    if (row := _long_row(batch, most)) is not None:
        raise too_long(path, f"row {first + row + 1}", most)


def _long_row(batch: pa.RecordBatch, most: int) -> int | None:
    """The first row of more than `most` bytes, found by halves."""
    if batch.nbytes <= most or batch.num_rows < 2:
        return 0 if batch.num_rows and batch.nbytes > most else None
    half = batch.num_rows // 2
    first = _long_row(batch.slice(0, half), most)
    second = _long_row(batch.slice(half), most) if first is None else None
    return first if second is None else half + second


def _length(image: bytes | None) -> int:
    return 0 if image is None else len(image)


def parent(path: str) -> str:
    """The folder of a file, local or remote."""
    return os.path.dirname(path) if is_local(path) else path.rpartition("/")[0]
