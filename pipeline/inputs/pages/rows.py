"""Rows of pages as tables: `FIELDS`, then what is known of page and image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from crawl.pages.found import Row
from pipeline.inputs.reader import FIELDS, IMAGE_BATCH_BYTES

CARRIED = pa.schema(
    [
        ("page_url", pa.string()),
        ("page_lang", pa.string()),
        ("page_time", pa.timestamp("us", "UTC")),
        ("licence", pa.string()),
        ("attribute", pa.string()),
        ("title", pa.string()),
        ("html_width", pa.int64()),
        ("html_height", pa.int64()),
    ]
)
"""The passthrough columns of pages."""

SCHEMA = pa.schema([*FIELDS, *CARRIED])

_ROWS = 10_000  # of a table
_OTHERS = 500  # bytes of a row beside its text and title, about


def tables(rows: Iterable[Row]) -> Iterator[pa.Table]:
    """Yields tables of bounded rows and bytes, at least one."""
    held: list[Row] = []
    size, is_empty = 0, True
    for row in rows:
        held.append(row)
        size += len(row.text) + len(row.url) + len(row.title or "") + _OTHERS
        if len(held) == _ROWS or size >= IMAGE_BATCH_BYTES:
            yield _table(held)
            held, size, is_empty = [], 0, False
    if held or is_empty:
        yield _table(held)


def _table(rows: list[Row]) -> pa.Table:
    values = dict(zip(Row._fields, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(Row._fields, ())
    columns = [
        pa.array(values[field.name], field.type) if field.name in values else pa.nulls(len(rows), field.type)
        for field in SCHEMA
    ]
    return pa.table(columns, schema=SCHEMA)
