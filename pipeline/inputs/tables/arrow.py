"""Arrow files, in the stream and the file format, as `datasets.save_to_disk` writes them.

The file is mapped, so that a record batch of any size costs little memory; a remote one is copied to a temporary first.
"""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any, BinaryIO

import pyarrow as pa

from pipeline.files import is_local, open_file
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.layout import Layout, layout
from pipeline.inputs.nested import nested_batch, nested_names, nested_schema
from pipeline.inputs.reader import BATCH_ROWS, IMAGE_BATCH_ROWS, Span
from pipeline.inputs.roles import listed
from pipeline.inputs.tables.arrow_messages import MAGIC, check_sizes
from pipeline.inputs.tables.expansion import check_count, decoded, rows_that_fit
from pipeline.inputs.tables.table import TableReader, check_rows, rows_of

_IMAGE_ROWS = 32  # rows per batch of images


class ArrowReader(TableReader):
    """An .arrow file."""

    @cached_property
    def layout(self) -> Layout:
        path, columns = self.source.path, self._settings.columns
        found = layout(
            path,
            self._schema,
            columns,
            text_only=self._text_only,
            has_files=self.has_files,
            original_size=self._settings.original_size,
        )
        left_out = "image" if self._text_only else None
        return replace(found, roles={role: number for role, number in found.roles.items() if role != left_out})

    @property
    def image_name(self) -> str:
        return str(self._schema.names[self.layout.roles["image"]])

    def first_values(self, number: int) -> pa.Array:
        return next(batch for _, batch in self._pieces({number}, IMAGE_BATCH_ROWS)).column(number)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        image = self.layout.roles.get("image")
        most = min(BATCH_ROWS, self._settings.rows_per_shard) if image is None else _IMAGE_ROWS
        others = sorted(set(self.layout.numbers) - {image})
        for first, encoded in self._pieces(set(self.layout.numbers), most):
            batch = decoded(encoded)
            check_rows(self.source.path, batch.select(others), first, self._settings.max_row_bytes)
            self.position += batch.nbytes  # uncompressed
            yield batch

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        number = self.layout.roles.get("image")
        if number is None:
            yield from super().images(rows)
            return
        wanted = rows_of(rows).to_numpy()
        with reading(self.source.path):
            for first, batch in self._pieces({number}, _IMAGE_ROWS):
                inside = wanted[(wanted >= first) & (wanted < first + batch.num_rows)] - first
                yield from self.pictures(batch.column(number), inside.tolist())
                if not len(wanted) or first + batch.num_rows > wanted[-1]:
                    return

    @cached_property
    def _schema(self) -> pa.Schema:
        path = self.source.path
        with reading(path), open_file(path) as file:
            schema = pa.ipc.open_stream(_after_magic(file)).schema
        if len(set(schema.names)) < len(schema.names):
            raise BadFile(path, f"two columns of one name; the columns are {listed(schema)}")
        return nested_schema(schema, nested_names(self._settings.columns))

    def _pieces(self, used: set[int], most: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Up to `most` consecutive rows, with the first one's number; at least one part. Validates `used` columns."""
        row = 0
        with _mapped(self.source.path) as memory:
            for batch in _record_batches(self.source.path, memory):
                check_count(self.source.path, row + batch.num_rows, self.source.size)
                batch.validate()
                batch = nested_batch(batch, self._schema.names)
                for number in used:
                    batch.column(number).validate(full=True)
                rows = rows_that_fit(self.source.path, [batch.column(number) for number in used], most)
                for first in range(0, batch.num_rows, rows):
                    yield row + first, batch.slice(first, rows)
                    memory.madvise(mmap.MADV_DONTNEED)  # pages that were read would stay in this process
                row += batch.num_rows
        if not row:
            yield 0, pa.RecordBatch.from_pylist([], self._schema)


def _record_batches(path: str, memory: mmap.mmap) -> pa.ipc.RecordBatchStreamReader:
    content = pa.py_buffer(memory)
    content = content.slice(len(MAGIC)) if memory[: len(MAGIC)] == MAGIC else content
    check_sizes(path, content)
    return pa.ipc.open_stream(content, options=pa.ipc.IpcReadOptions(use_threads=False))


def _after_magic(file: BinaryIO) -> Any:
    """The file from its first message: the file format is the stream format with a head and a foot."""
    if file.read(len(MAGIC)) != MAGIC:
        file.seek(0)
    return pa.PythonFile(file, mode="r")


@contextmanager
def _mapped(path: str) -> Iterator[mmap.mmap]:
    """Maps a file's content to memory that the system may reclaim at any time. Raises BadFile for an empty one."""
    with open_file(path) as file, tempfile.TemporaryFile() as copy:
        if not is_local(path):
            shutil.copyfileobj(file, copy, 1 << 24)
            copy.flush()
        descriptor = (file if is_local(path) else copy).fileno()
        if not os.fstat(descriptor).st_size:
            raise BadFile(path, "empty file")
        yield mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
