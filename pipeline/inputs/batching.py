"""Batches that stay small where rows carry images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pyarrow as pa

from pipeline.inputs.reader import FIELDS, IMAGE_BATCH_BYTES, IMAGE_BATCH_ROWS

Item = TypeVar("Item")


def bounded(items: Iterable[Item], length: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Consecutive items in lists of bounded number and bytes; at least one list."""
    held: list[Item] = []
    size, is_empty = 0, True
    for item in items:
        is_empty = False
        held.append(item)
        size += length(item)
        if size >= IMAGE_BATCH_BYTES or len(held) == IMAGE_BATCH_ROWS:
            yield held
            held, size = [], 0
    if held or is_empty:
        yield held


def set_columns(table: pa.Table, **columns: pa.Array) -> pa.Table:
    """The table with other content in these of `FIELDS`."""
    for name, column in columns.items():
        number = FIELDS.get_field_index(name)
        table = table.set_column(number, FIELDS.field(number), column)
    return table
