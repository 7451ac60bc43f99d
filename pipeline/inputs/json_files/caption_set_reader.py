"""Caption sets as published, in JSON: one pair per caption, with images by path below the file's folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

import pyarrow as pa

from pipeline.inputs.errors import BadFile
from pipeline.inputs.folder import Folder
from pipeline.inputs.json_files.caption_sets import COCO, KARPATHY, Row, find_form, rows, table_command
from pipeline.inputs.json_files.values import Fields
from pipeline.inputs.layout import Layout, layout
from pipeline.inputs.reader import Span
from pipeline.inputs.tables.table import TableReader

_BATCH = 10_000  # rows per batch
_NAME = re.compile(r"(?:captions|dataset)_(\w+)\.json", re.IGNORECASE)


class CaptionSetReader(TableReader):
    """A .json file in the form of COCO or of Karpathy; any other form is a bad file."""

    @cached_property
    def layout(self) -> Layout:
        path, columns = self.source.path, self._settings.columns
        return layout(path, self._fields.schema, columns, text_only=self._text_only)

    def raw_batches(self, span: Span) -> Iterator[pa.RecordBatch]:
        left = self._rows()
        while some := list(islice(left, _BATCH)):
            yield self._fields.batch(some)

    def make_folder(self, root: str) -> Folder:
        """Looks for images also in a folder with the set's name: `val2017` beside `captions_val2017.json`."""
        name = _NAME.fullmatch(os.path.basename(self.source.path))
        return Folder(root, (*((name[1],) if name else ()), "images"))

    @cached_property
    def _form(self) -> str:
        form = find_form(self.source.path)
        if form is None:
            reason = f"neither captions in the form of {COCO} nor a split in that of {KARPATHY}"
            raise BadFile(self.source.path, f"{reason}{table_command(self.source.path)}")
        return form

    @cached_property
    def _fields(self) -> Fields:
        fields = Fields()
        row = None
        for row in self._rows():
            fields.add(row)
        if row is None:
            raise BadFile(self.source.path, "no caption")
        return fields

    def _rows(self) -> Iterator[Row]:
        return islice(rows(self.source.path, self._form), self._settings.limit)
