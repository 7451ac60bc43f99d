"""CSV and TSV, streamed by Arrow. Their values have no types: what is carried is text as written, an empty value null.

A value in quotes may hold line breaks. Rows with more or fewer values than the first one make a bad file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from pipeline.inputs.compressed import open_plain
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.layout import Layout, layout
from pipeline.inputs.reader import BATCH_ROWS, Span
from pipeline.inputs.sources import extension
from pipeline.inputs.table import TableReader

_BLOCK = 8 << 20  # bytes parsed at a time; the longest row there can be
_END = "\x1eend of table\x1e"


class DelimitedReader(TableReader):
    """A .csv or .tsv file, also compressed."""

    @cached_property
    def layout(self) -> Layout:
        header = self._settings.header
        names = self._first_row if header else [str(number) for number in range(len(self._first_row))]
        schema = pa.schema([(name, pa.string()) for name in names])
        path, columns = self.source.path, self._settings.columns
        return layout(path, schema, columns, header=header, text_only=self._text_only, has_files=self.has_files)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        with open_plain(self.source.path) as file, _plain_words(self.source.path):
            rows = _Ended(file, self._delimiter.join([_END] * len(self._first_row)))
            held = None
            for batch in self._parse(rows):
                if held is not None:
                    yield from _pieces(held)
                held = batch
            yield from _pieces(self._without_end(held))

    @property
    def _delimiter(self) -> str:
        return "\t" if extension(self.source.path) in (".tsv", ".tsv.gz") else ","

    @cached_property
    def _first_row(self) -> list[str]:
        path = self.source.path
        with reading(path), open_plain(path) as file:
            lines = io.TextIOWrapper(file, "utf-8-sig", "replace", newline="")
            try:
                row = next((row for row in csv.reader(lines, delimiter=self._delimiter) if row), None)
            except csv.Error as error:
                raise BadFile(path, f"not a table: {error}") from error
        if row is None:
            raise BadFile(path, "empty file")
        return row

    def _parse(self, rows: io.RawIOBase) -> pa.csv.CSVStreamingReader:
        """The values of all columns, called by their numbers, as strings that are not checked to be UTF-8."""
        names = [str(number) for number in range(len(self._first_row))]
        return pa.csv.open_csv(
            pa.PythonFile(rows),
            pa.csv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK,
                column_names=names,
                skip_rows_after_names=int(self._settings.header),
            ),
            pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            pa.csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )

    def _without_end(self, last: pa.RecordBatch | None) -> pa.RecordBatch:
        """The last batch without the row that we put there; without it, a quote swallowed the end of the file."""
        if last is None or not last.num_rows or last.column(0)[-1].as_py() != _END:
            raise BadFile(self.source.path, "truncated: a quote is never closed")
        return last.slice(0, last.num_rows - 1)


@contextmanager
def _plain_words(path: str) -> Iterator[None]:
    """Says what Arrow means by an object that straddles two blocks."""
    try:
        yield
    except pa.ArrowInvalid as error:
        if "straddl" in str(error):
            raise BadFile(path, f"a row is over {_BLOCK >> 20} MB, or a quote is never closed") from error
        raise


class _Ended(io.RawIOBase):
    """A file followed by one more row: Arrow takes the end of the file for a closing quote."""

    def __init__(self, file: BinaryIO, row: str) -> None:
        super().__init__()
        self._parts = [file, io.BytesIO(f"\n{row}\n".encode())]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, and fewer only at the end: Arrow refuses a short block that holds no whole row."""
        content = b""
        while self._parts and len(content) < size:
            more = self._parts[0].read(size - len(content))
            content += more
            if not more:
                self._parts.pop(0)
        return content


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of `BATCH_ROWS`; at least one."""
    for first in range(0, max(batch.num_rows, 1), BATCH_ROWS):
        yield batch.slice(first, BATCH_ROWS)
