"""Parquet: streamed by row groups, so that one with a gigabyte of images stays far under a gigabyte of memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.files import is_local, open_file
from pipeline.inputs import convert
from pipeline.inputs.canonical import OURS, escaped, is_canonical_table
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.img2dataset import find_folder
from pipeline.inputs.layout import layout
from pipeline.inputs.nested import nested_batch, nested_names, nested_schema
from pipeline.inputs.reader import BATCH_ROWS, WHOLE, Span
from pipeline.inputs.roles import first_alias, listed
from pipeline.inputs.settings import ALIASES, Input
from pipeline.inputs.sources import Source
from pipeline.inputs.tables.embedded import has_paths
from pipeline.inputs.tables.expansion import check_count, decoded
from pipeline.inputs.tables.parquet_bounds import Bounds
from pipeline.inputs.tables.table import TableReader, check_rows, rows_of

_BUFFER = 1 << 20  # bytes read at a time; without a buffer Arrow holds the column of a whole row group
_PART_BYTES = 32 << 20  # bytes of the rows that are worked on at a time, images included
_IMAGE_ROWS = 32  # rows decoded at a time: few, to reuse memory, and because a dictionary may hide the bytes


class ParquetReader(TableReader):
    """A Parquet file. Reads only the columns wanted, and only bytes and path of an image's struct."""

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        super().__init__(source, settings, text_only)
        with reading(source.path):
            self._file = _open(source.path)
            schema = self._file.schema_arrow
        self._is_canonical = is_canonical_table(schema.metadata)
        if len(set(schema.names)) < len(schema.names):
            raise BadFile(source.path, f"two columns of one name; the columns are {listed(schema)}")
        self._starts = _starts(self._file.metadata)
        check_count(source.path, int(self._starts[-1]), source.size)
        self._bounds = self._bounds_of([])
        self._schema = nested_schema(schema, nested_names(settings.columns))
        whole = layout(
            source.path,
            self._schema,
            settings.columns,
            text_only=text_only,
            has_files=self.has_files,
            folder=None if text_only else self._find_folder(),
            original_size=settings.original_size,
            left_out=OURS if self._is_canonical else (),
        )
        image = whole.roles.get("image")
        numbers = [number for number in whole.numbers if number != image or not text_only]
        self.layout = whole.renumbered(numbers)
        self._wanted = pa.schema([self._schema.field(number) for number in numbers])
        self._has_lists = any(convert.is_list(convert.value_type(self._wanted.types[n])) for n in self.layout.texts)
        self._columns = [name for field in self._wanted for name in _names(field)]
        self._image = self._schema.field(image) if image is not None and not text_only else None
        self._bounds = self._bounds_of([] if self._image is None else _names(self._image)[:1])

    def _bounds_of(self, images: list[str]) -> Bounds:
        return Bounds(self.source.path, self._file, self._starts, images, self._settings.max_row_bytes)

    def _find_folder(self) -> tuple[str, str] | None:
        """The image folder of an img2dataset output of format `files`, unless there are other images."""
        chosen = self._settings.columns
        if chosen.image or chosen.image_path or first_alias(self._schema, "image", ALIASES["image"]) is not None:
            return None
        with reading(self.source.path):
            return find_folder(self.source.path, self._file)

    @property
    def image_name(self) -> str:
        return str(self._image.name) if self._image is not None else ""

    def first_values(self, number: int) -> pa.Array:
        with reading(self.source.path):
            name = self._schema.names[number]
            rows = self._bounds.batch_rows(list(range(len(self._starts) - 1)), [name], 1_000)
            batches = (nested_batch(batch, [name]) for batch in self._file.iter_batches(rows, columns=[name]))
            return next((batch.column(0) for batch in batches), pa.nulls(0))

    def spans(self, rows: int) -> list[Span]:
        if self._has_lists:
            return [WHOLE]  # rows of pairs are counted from the file's start
        spans, first, end = [], 0, int(self._starts[-1])
        for last in self._starts[1:].tolist():
            if last - first >= rows:
                spans.append(Span(first, last))
                first = last
        return spans if spans and first == end else [*spans, Span(first, end)]

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        last = int(self._starts[-1]) if span.last is None else span.last
        groups = np.flatnonzero((self._starts[1:] > span.first) & (self._starts[:-1] < last)).tolist()
        row, is_empty = int(self._starts[groups[0]]) if groups else 0, True
        together = [groups] if self._settings.limit is None else [[group] for group in groups]
        for batch in chain.from_iterable(self._stream(some, self._columns) for some in together):
            self.position = self._bytes_of(row + batch.num_rows - int(self._starts[groups[0]]))
            inside = batch.slice(max(span.first - row, 0), max(last - max(row, span.first), 0))
            if inside.num_rows:
                is_empty = False
                found = decoded(nested_batch(inside, self._wanted.names))
                others = found if self._image is None else found.drop_columns([self._image.name])
                check_rows(self.source.path, others, max(row, span.first), self._settings.max_row_bytes)
                yield from _parts(self._escaped(found) if self._is_canonical else found)
            row += batch.num_rows
        if is_empty:
            yield pa.RecordBatch.from_pylist([], self._wanted)

    def _escaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its canonical texts in the form that other files have them in."""
        number = self.layout.roles["text"]
        texts = escaped(convert.string(batch.column(number)))
        return batch.set_column(number, batch.schema.names[number], texts)

    def _bytes_of(self, rows: int) -> int:
        """The share of the file's bytes that so many of its rows have."""
        return self.source.size * rows // max(int(self._starts[-1]), 1)

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        if self._image is None:
            yield from super().images(rows)
            return
        wanted = rows_of(rows).to_numpy()
        groups = np.searchsorted(self._starts, wanted, side="right") - 1
        with reading(self.source.path):
            for group in np.unique(groups).tolist():
                yield from self._images_of_group(self._image, group, wanted[groups == group] - self._starts[group])

    def _images_of_group(self, field: pa.Field, group: int, wanted: np.ndarray) -> Iterator[bytes | None]:
        """The images at these indices of a row group."""
        first = 0
        for batch in self._stream([group], _names(field)):
            inside = wanted[(wanted >= first) & (wanted < first + batch.num_rows)] - first
            yield from self.pictures(nested_batch(batch, [field.name]).column(0), inside.tolist())
            first += batch.num_rows
            if first > wanted[-1]:
                return

    def _stream(self, groups: list[int], columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Reads the rows of these row groups. Raises BadFile if the footer promises more: Arrow doesn't."""
        most = (
            _IMAGE_ROWS
            if self._image is not None and _names(self._image)[0] in columns
            else min(BATCH_ROWS, self._settings.rows_per_shard)
        )
        rows = self._bounds.batch_rows(groups, columns, most)
        missing = sum(int(self._starts[group + 1] - self._starts[group]) for group in groups)
        for batch in self._file.iter_batches(rows, row_groups=groups, columns=columns, use_threads=False):
            missing -= batch.num_rows
            yield batch
        if missing:
            raise BadFile(self.source.path, f"damaged: {missing} rows are missing")


def _open(path: str) -> pq.ParquetFile:
    file = pa.OSFile(path) if is_local(path) else open_file(path)
    return pq.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER, page_checksum_verification=True)


def _starts(metadata: pq.FileMetaData) -> np.ndarray:
    """The first row of each row group, and the total of rows, int64 (groups + 1,)."""
    counts = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cuts a batch into parts of about _PART_BYTES: to work on a text takes several times its memory."""
    rows = max(batch.num_rows * _PART_BYTES // max(batch.nbytes, 1), 1)
    yield from (batch.slice(first, rows) for first in range(0, batch.num_rows, rows))


def _names(field: pa.Field) -> list[str]:
    """Parts of a column to read."""
    if not convert.is_picture(field.type):
        return [field.name]
    return [f"{field.name}.bytes", *([f"{field.name}.path"] if has_paths(field.type) else [])]
