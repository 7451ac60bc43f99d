"""CSV, TSV and other delimited text, parsed by Arrow. Passthrough columns hold text as written, null if empty.

Rows with more or fewer values than the first one make a bad file. `dialect.py` defines the meanings of quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa

from pipeline.inputs import convert
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.layout import Layout
from pipeline.inputs.reader import BATCH_ROWS, Span
from pipeline.inputs.settings import DELIMITERS, delimiter_of
from pipeline.inputs.sources import extension
from pipeline.inputs.tables.table import TableReader
from pipeline.inputs.text.compressed import open_plain, position
from pipeline.inputs.text.dialect import LITERAL, STRICT, WHOLE, Dialect, RaggedRow
from pipeline.inputs.text.faults import BadRow, tsv_command
from pipeline.inputs.text.first_row import headerless, with_options
from pipeline.inputs.text.form import Form, make_form
from pipeline.inputs.text.row_blocks import RowBlocks

_MOST_COLUMNS = 10_000


class DelimitedReader(TableReader):
    """A file of delimited text, possibly compressed. The delimiter is the setting, or that of the extension.

    If that delimiter gives no column of texts, and exactly one other does, the other is used.
    """

    @property
    def layout(self) -> Layout:
        return self._form.layout

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        yield from self._batches(self._form)

    def _batches(self, form: Form) -> Iterator[pa.RecordBatch]:
        rows = int(form.has_header)
        try:
            for block in self._blocks(form):
                batch = form.dialect.parse(form.mend(block), form.width)
                rows += batch.num_rows
                yield from _pieces(form.values(batch))
        except RaggedRow as row:
            raise BadFile(self.source.path, f"row {rows + row.number}: {row.reason}{self._remedy(form, row)}") from row
        except BadRow as error:
            raise BadFile(self.source.path, f"row {rows + 1}: {error}") from error

    def _remedy(self, form: Form, row: RaggedRow) -> str:
        """Continues the message about a ragged row with what to do, if it is the text that has too many values."""
        is_text = row.is_long and form.layout.roles.get("text") == form.width - 1
        command = tsv_command(self.source.path, form.dialect.delimiter, form.width) if is_text else ""
        return command + ", and type no --input.delimiter" * bool(command and self._settings.delimiter)

    def _blocks(self, form: Form) -> Iterator[bytes]:
        with open_plain(self.source.path) as file:
            rows = RowBlocks(form.dialect, form.width, self._settings.max_row_bytes)
            for block in rows.blocks(file, self.source.path, skip_first=form.has_header):
                self.position = position(file)
                yield block

    @cached_property
    def _form(self) -> Form:
        own = self._dialect(self._delimiter)
        values = self._first_values(own)
        try:
            return self._form_of(own, values)
        except BadFile as error:
            return self._other_form(own, values, error)

    @property
    def _delimiter(self) -> str:
        if self._settings.delimiter is not None:
            return delimiter_of(self._settings.delimiter)
        return "\t" if extension(self.source.path) in (".tsv", ".tsv.gz") else ","

    def _dialect(self, delimiter: str) -> Dialect:
        quoting = self._settings.quoting
        quotes = LITERAL if quoting is False else WHOLE if quoting is None and delimiter == "\t" else STRICT
        return Dialect(delimiter, quotes, self._settings.max_quoted_lines)

    def _form_of(self, dialect: Dialect, values: list[str]) -> Form:
        def has_files(number: int) -> bool:
            rows = Form(dialect, len(values), Layout({}, {}), self._settings.header)
            return self.are_files(next(self._batches(rows)).column(number))

        return make_form(self.source.path, dialect, values, self._settings, has_files, text_only=self._text_only)

    def _first_values(self, dialect: Dialect) -> list[str]:
        path = self.source.path
        with reading(path), open_plain(path) as file:
            try:
                row = RowBlocks(dialect, 0, self._settings.max_row_bytes).first_row(file, path)
            except BadRow as error:
                raise BadFile(path, f"row 1: {error}") from error
        if row is None:
            raise BadFile(path, "empty file")
        if dialect.most_values(row) > _MOST_COLUMNS:
            raise BadFile(path, f"row 1: over {_MOST_COLUMNS:,} values")
        batch = dialect.parse(row, dialect.count_values(row))
        return [convert.string(column)[0].as_py() or "" for column in batch.columns]

    def _other_form(self, own: Dialect, values: list[str], error: BadFile) -> Form:
        """The form with the only other delimiter that fits. Raises BadFile with the options that read the table."""
        header, forms = self._settings.header, list[Form]()
        options = headerless(values) if header else None
        for dialect in self._other_dialects(own):
            try:
                found = self._first_values(dialect)
                options = options or (headerless(found, dialect.name) if header else None)
                forms.append(self._form_of(dialect, found))
            except BadFile:
                continue  # this delimiter doesn't fit
        if header and len(forms) == 1:
            return forms[0]
        options = options or " or ".join(f"--input.delimiter={form.dialect.name}" for form in forms)
        raise BadFile(self.source.path, with_options(error.reason, values, options)) from error

    def _other_dialects(self, own: Dialect) -> list[Dialect]:
        given = self._settings.delimiter is not None
        return [] if given else [self._dialect(other) for other in DELIMITERS.values() if other != own.delimiter]


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Splits a batch into pieces of `BATCH_ROWS`; at least one."""
    for first in range(0, max(batch.num_rows, 1), BATCH_ROWS):
        yield batch.slice(first, BATCH_ROWS)
