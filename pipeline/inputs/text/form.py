"""The form of a table of delimited text: its dialect, its columns, and their roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.inputs.errors import BadFile
from pipeline.inputs.layout import Layout, layout
from pipeline.inputs.settings import Columns, Input
from pipeline.inputs.text.dialect import LITERAL, Dialect
from pipeline.inputs.text.first_row import column_names
from pipeline.inputs.text.published import TOKEN_COLUMNS, is_token_row, known_columns, mend_flickr30k, split_tokens

_MOST_REPEATED = 100  # each repeated name gets one prefix more


@dataclass(frozen=True)
class Form:
    """Conversion of a file's values to the columns of a layout."""

    dialect: Dialect
    width: int  # columns of the file
    layout: Layout
    has_header: bool = False
    is_spaced: bool = False  # true if spaces follow the delimiters
    is_tokens: bool = False  # true if rows are `name.jpg#0` and a caption

    def mend(self, rows: bytes) -> bytes:
        """Repairs known errors of published tables in the rows."""
        return mend_flickr30k(rows) if self.is_spaced and self.width == 3 else rows

    def values(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The columns that `layout` describes."""
        if self.is_tokens:
            return split_tokens(batch)
        if not self.is_spaced:
            return batch
        trimmed = [pc.ascii_ltrim(column, " ") for column in batch.columns]
        return pa.RecordBatch.from_arrays(trimmed, batch.schema.names)


def make_form(
    path: str,
    dialect: Dialect,
    values: Sequence[str],
    settings: Input,
    has_files: Callable[[int], bool],
    *,
    text_only: bool,
) -> Form:
    """The form of a table whose first row has these values. Raises BadFile if the text or the images are missing.

    `has_files` tells whether a column, by its number, holds paths of files.
    """
    if settings.header and settings.columns == Columns() and dialect.delimiter == "\t" and is_token_row(values):
        tokens = layout(path, _strings(TOKEN_COLUMNS), Columns(), text_only=text_only)
        return Form(Dialect("\t", LITERAL, dialect.most_lines), len(values), tokens, is_tokens=True)
    names = column_names(values) if settings.header else [str(number) for number in range(len(values))]
    if len(names) > len(set(names)) + _MOST_REPEATED:
        raise BadFile(path, f"over {_MOST_REPEATED} columns have the name of another one")
    columns = known_columns(names, settings.columns)
    found = layout(
        path,
        _strings(names),
        columns,
        header=settings.header,
        text_only=text_only,
        has_files=has_files,
        original_size=settings.original_size,
    )
    is_spaced = settings.header and len(values) > 1 and all(value.startswith(" ") for value in values[1:])
    return Form(dialect, len(values), found, settings.header, is_spaced)


def _strings(names: Sequence[str]) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])
