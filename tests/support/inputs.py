"""Helpers for tests of readers: a whole file as one table, and its images read again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.inputs import FIELDS, Columns, Input, Reader, carried_columns, find_sources, open_source

INPUT = Input()


def open_path(path: Path | str, settings: Input = INPUT, *, text_only: bool = False) -> Reader:
    [source] = find_sources([str(path)])
    return open_source(source, settings, text_only=text_only)


def whole(reader: Reader, rows: int = 1) -> pa.Table:
    """All batches of all spans of a reader, with what holds for every one of them."""
    batches = [batch for span in reader.spans(rows) for batch in reader.batches(span)]
    assert batches, "an empty table is a batch too"
    assert batches[0].schema.names[: len(FIELDS)] == FIELDS.names
    assert [batches[0].schema.field(name).type for name in FIELDS.names] == FIELDS.types
    assert all(batch.schema.equals(batches[0].schema) for batch in batches)
    table = pa.concat_tables(batches)
    table.validate(full=True)
    return table


def read(path: Path | str, settings: Input = INPUT, *, text_only: bool = False) -> pa.Table:
    return whole(open_path(path, settings, text_only=text_only))


def read_columns(path: Path | str, **names: str) -> pa.Table:
    return read(path, Input(columns=Columns(**names)))


def carried(table: pa.Table) -> dict[str, list[Any]]:
    """The carried columns alone."""
    return {name: column.to_pylist() for name, column in carried_columns(table).items()}


def again(path: Path | str, table: pa.Table, rows: Iterable[int], settings: Input = INPUT) -> list[bytes | None]:
    """The images of these rows of a table that was read, read a second time with a new reader."""
    places = table.select(["image_path", "offset", "length"]).append_column(
        "row", pa.array(range(len(table)), pa.int64())
    )
    return list(open_path(path, settings).images(places.take(pa.array(list(rows), pa.int64()))))
