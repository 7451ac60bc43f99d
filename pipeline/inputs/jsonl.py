"""JSONL: an object a line. It is read twice: first for the types of all its fields, since a file has one schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from itertools import count, islice
from typing import Any

import pyarrow as pa

from pipeline.inputs.compressed import open_plain
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.layout import Layout, layout
from pipeline.inputs.reader import Span
from pipeline.inputs.table import TableReader
from pipeline.inputs.values import Fields

_LONGEST = 64 << 20  # bytes of a line
_BATCH = 10_000  # rows


class JsonLinesReader(TableReader):
    """A .jsonl file, also compressed. A line that isn't an object makes a bad file."""

    @cached_property
    def layout(self) -> Layout:
        path, columns = self.source.path, self._settings.columns
        return layout(path, self._fields.schema, columns, text_only=self._text_only)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        rows = self._rows()
        while some := list(islice(rows, _BATCH)):
            yield self._fields.batch(some)

    @cached_property
    def _fields(self) -> Fields:
        fields = Fields()
        row = None
        for row in self._rows():
            fields.add(row)
        if row is None:
            raise BadFile(self.source.path, "empty file")
        return fields

    def _rows(self) -> Iterator[dict[str, Any]]:
        with reading(self.source.path), open_plain(self.source.path) as file:
            for number in count(1):
                line = file.readline(_LONGEST)
                if not line:
                    return
                if line.strip():
                    yield self._object(line, number)

    def _object(self, line: bytes, number: int) -> dict[str, Any]:
        if len(line) == _LONGEST:
            raise BadFile(self.source.path, f"line {number} is over {_LONGEST >> 20} MB")
        try:
            row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            raise BadFile(self.source.path, f"line {number} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise BadFile(self.source.path, f"line {number} is {type(row).__name__}, not an object")
        return row
