"""Dialects of delimited text: the delimiter, and the meaning of quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pipeline.inputs.settings import DELIMITERS
from pipeline.inputs.text.faults import QUOTED

STRICT, WHOLE, LITERAL = "strict", "whole", "literal"
"""Quotes by RFC 4180; a value is quoted as a whole or not at all; quotes are characters like any other."""

_QUOTED = re.compile(rb'"[^"]*+"')
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)
_NO_VALUES = np.zeros((0, 2), np.int64)


@dataclass(frozen=True)
class BlockCut:
    """The end of a block's whole rows, and its quoted values: `breaks` and `plain` as `quotes.scan` fills them.

    `kind` classifies the value after `end`, as in `faults`.
    """

    end: int
    kind: int = QUOTED
    breaks: np.ndarray = field(default_factory=lambda: _NO_VALUES)
    plain: np.ndarray = field(default_factory=lambda: _NO_VALUES)


@dataclass(frozen=True)
class Dialect:
    """A delimiter of one byte, one of the three meanings of quotes, and the most lines of a quoted value."""

    delimiter: str
    quotes: str
    most_lines: int

    @property
    def name(self) -> str:
        """The delimiter as `input.delimiter` takes it."""
        return next((name for name, delimiter in DELIMITERS.items() if delimiter == self.delimiter), self.delimiter)

    def cut(self, block: bytes, columns: int, *, final: bool) -> BlockCut:
        """Cuts whole rows from a block that begins with a row; `final` is true if the file ends with it.

        `columns` is the number of columns of the table, 0 if not yet known.
        """
        if self.quotes == LITERAL or b'"' not in block:
            return BlockCut(len(block) if final else _last_line_end(block))
        return self._cut_quoted(block, columns, final)

    def _cut_quoted(self, block: bytes, columns: int, final: bool) -> BlockCut:
        from pipeline.inputs.text import (
            quoted_rows,  # loads numba
            quotes,  # loads numba
        )

        data = np.frombuffer(block, np.uint8)
        marks = np.flatnonzero(data == quotes.QUOTE)
        breaks, plain = np.empty((len(marks), 2), np.int64), np.empty((len(marks), 2), np.int64)
        columns = columns if self.quotes == WHOLE else -1
        stop, kind, count, plains = quotes.scan(
            data, marks, ord(self.delimiter), columns, self.most_lines, final, breaks, plain
        )
        breaks, plain = breaks[:count], plain[:plains]
        if final and stop == len(block):
            return BlockCut(stop, kind, breaks, plain)
        stop -= stop == len(block) and block.endswith(b"\r")  # half a line break, or a whole one
        end = quoted_rows.last_row_end(data, stop, breaks)
        return BlockCut(end, kind, breaks[breaks[:, 0] < end], plain[plain[:, 0] < end])

    def parse(self, rows: bytes, columns: int) -> pa.RecordBatch:
        """Values of whole rows as columns named by number, strings that may be invalid UTF-8.

        An empty value is null. Raises RaggedRow.
        """
        names = [str(number) for number in range(columns)]
        read = pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=len(rows) + 1)
        try:
            table = pa.csv.read_csv(pa.BufferReader(rows or b"\n"), read, self._parsing(rows), _strings(names))
        except pa.ArrowInvalid as error:
            if found := _RAGGED.search(str(error)):
                raise RaggedRow(found) from error
            raise
        return table.to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], table.schema)

    def count_values(self, row: bytes) -> int:
        """The number of values of a row."""
        read = pa.csv.ReadOptions(autogenerate_column_names=True, use_threads=False, block_size=len(row) + 2)
        values: int = pa.csv.read_csv(pa.BufferReader(row + b"\n"), read, self._parsing(row)).num_columns
        return values

    def most_values(self, row: bytes) -> int:
        """At least the number of values of a row, cheaply."""
        bare = row if self.quotes == LITERAL else _QUOTED.sub(b"", row)
        return bare.count(self.delimiter.encode()) + 1

    def _parsing(self, rows: bytes) -> pa.csv.ParseOptions:
        quote = '"' if self.quotes != LITERAL and b'"' in rows else False
        return pa.csv.ParseOptions(delimiter=self.delimiter, quote_char=quote)


class RaggedRow(Exception):
    """A row, by its number from 1, with more or fewer values than the table has columns."""

    def __init__(self, found: re.Match[str]) -> None:
        number, expected, actual, text = found.groups()
        super().__init__(number)
        self.number = int(number)
        self.is_long = int(actual) > int(expected)
        self.reason = f"{actual} instead of {expected} values: {text}"


def _strings(names: list[str]) -> pa.csv.ConvertOptions:
    return pa.csv.ConvertOptions(
        check_utf8=False,
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
    )


def _last_line_end(block: bytes) -> int:
    """The end of the last line, including its line break. A CR at the very end may be half a line break."""
    end = block.rfind(b"\n") + 1
    return max(end, block.rfind(b"\r", end, max(len(block) - 1, 0)) + 1)
