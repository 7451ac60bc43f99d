"""Batches that stay small even if rows carry images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pyarrow as pa

from pipeline.inputs.reader import FIELDS, IMAGE_BATCH_BYTES, IMAGE_BATCH_ROWS

Item = TypeVar("Item")


def bounded(items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Lists of consecutive items, one per row, of bounded rows and bytes; at least one list.

    `size` gives the bytes of an item.
    """
    held: list[Item] = []
    total, is_empty = 0, True
    for item in items:
        is_empty = False
        held.append(item)
        total += size(item)
        if total >= IMAGE_BATCH_BYTES or len(held) == IMAGE_BATCH_ROWS:
            yield held
            held, total = [], 0
    if held or is_empty:
        yield held


def merged(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Merges small tables into larger ones of bounded rows and bytes of images, without a copy."""
    held: list[pa.Table] = []
    rows, total = 0, 0
    for table in tables:
        held.append(table)
        rows += len(table)
        total += table["image"].nbytes
        if total >= IMAGE_BATCH_BYTES or rows >= IMAGE_BATCH_ROWS:
            yield pa.concat_tables(held)
            held, rows, total = [], 0, 0
    if held:
        yield pa.concat_tables(held)


def set_columns(table: pa.Table, **columns: pa.Array) -> pa.Table:
    """Replaces these columns of `FIELDS`."""
    for name, column in columns.items():
        number = FIELDS.get_field_index(name)
        table = table.set_column(number, FIELDS.field(number), column)
    return table
