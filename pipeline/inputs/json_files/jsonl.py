"""JSONL: one object per line. It is read twice: first for the types of all its fields, since a file has one schema."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import count, islice
from typing import Any

import pyarrow as pa

from pipeline.inputs.errors import BadFile, reading, too_long
from pipeline.inputs.img2dataset import may_be_pair
from pipeline.inputs.json_files.json_text import OverLimit, parse
from pipeline.inputs.json_files.values import Fields
from pipeline.inputs.layout import Layout, layout
from pipeline.inputs.nested import nested_names, with_nested
from pipeline.inputs.reader import IMAGE_BATCH_BYTES, Span
from pipeline.inputs.settings import ALIASES, Input
from pipeline.inputs.sources import Source
from pipeline.inputs.tables.table import TableReader
from pipeline.inputs.text.compressed import open_plain, position
from pipeline.inputs.text.encoding import refuse_others

_BATCH = 10_000  # rows per batch
_CELLS = 1_000_000  # cells per batch
_TEXTS = frozenset(ALIASES["text"])
_LOOKED_AT = 4096  # bytes examined in a file that is not JSON


_Line = tuple[int, int, dict[str, Any]]  # its number, its bytes, its object


class JsonLinesReader(TableReader):
    """A .jsonl file, possibly compressed. A line that isn't an object makes a bad file."""

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        super().__init__(source, settings, text_only)
        self._texts = dict[frozenset[str], int]()  # names of objects' texts, and the first line with these names

    @cached_property
    def layout(self) -> Layout:
        path, columns, schema = self.source.path, self._settings.columns, self._fields.schema
        found = layout(
            path,
            schema,
            columns,
            text_only=self._text_only,
            has_files=self.has_files,
            original_size=self._settings.original_size,
        )
        if columns.text is None:
            self._check_texts(schema.names[found.roles["text"]])
        return found

    def _check_texts(self, name: str) -> None:
        """Raises BadFile for an object with a text under another name than `name`, which would be lost."""
        for others, line in self._texts.items():
            if others and name not in others:
                other = min(others, key=ALIASES["text"].index)
                chosen = f"--input.columns.text={name},{other}"
                raise BadFile(self.source.path, f"line {line} has no {name}, but {other}; {chosen} reads both")

    def first_values(self, number: int) -> pa.Array:
        return self._fields.batch([row for _, _, row in islice(self._lines(), 1_000)]).column(number)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        names = self._fields.schema.names
        texts = {names[number] for number in self.layout.texts}
        most = min(_BATCH, _CELLS // len(names) + 1) if names else _BATCH
        rows, size = list[dict[str, Any]](), 0
        for _, length, row in self._lines():
            rows.append(row)
            size += length
            if len(rows) == most or size >= IMAGE_BATCH_BYTES:
                yield self._fields.batch(rows, texts)
                rows, size = [], 0
        if rows:
            yield self._fields.batch(rows, texts)

    @cached_property
    def _fields(self) -> Fields:
        fields = Fields()
        row = None
        for number, _, row in self._lines():
            try:
                fields.add(row)
                self._texts.setdefault(_TEXTS.intersection(row), number)
            except ValueError as error:
                raise BadFile(self.source.path, f"line {number}: {error}") from error
        if row is None:
            raise BadFile(self.source.path, "empty file")
        return fields

    def _lines(self) -> Iterator[_Line]:
        most, nested = self._settings.max_row_bytes, nested_names(self._settings.columns)
        left = self._settings.limit
        with reading(self.source.path), open_plain(self.source.path) as file:
            for number in count(1):
                line = file.readline(most + 2)  # including its end
                if len(line) > most and len(line.rstrip(b"\r\n")) > most:
                    raise too_long(self.source.path, f"line {number}", most)
                if not line:
                    return
                self.position = position(file)
                if line.strip():
                    row = self._object(line, number)
                    yield number, len(line), with_nested(row, nested) if nested else row
                    left = None if left is None else left - may_be_pair(row)
                    if left == 0:
                        return

    def _object(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = parse(line)
        except ValueError as error:
            if number == 1:
                refuse_others(line[:_LOOKED_AT], self.source.path)
            fault = "" if isinstance(error, OverLimit) else " is not JSON"
            raise BadFile(self.source.path, f"line {number}{fault}: {error}") from error
        if not isinstance(row, dict):
            raise BadFile(self.source.path, f"line {number} is {type(row).__name__}, not an object")
        return row
