"""Rows of JSON-like values as Arrow columns: one type for each field of a file, whatever its rows hold."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

_LEAST, _MOST = -(2**63), 2**63 - 1
_TYPES: Mapping[frozenset[type], pa.DataType] = {
    frozenset(): pa.null(),
    frozenset({bool}): pa.bool_(),
    frozenset({int}): pa.int64(),
    frozenset({float}): pa.float64(),
    frozenset({int, float}): pa.float64(),
    frozenset({bytes}): pa.binary(),
    frozenset({bytes, str}): pa.binary(),
}


class Fields:
    """The fields met so far, each with the one type that holds all its values.

    Numbers are int64 or float64. A field that is nested, mixed or too large for those is a string: its strings as they
    are, other values as JSON. Strings beside bytes are bytes.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, set[type]] = defaultdict(set)

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(valid(name), _type_of(kinds)) for name, kinds in self._kinds.items()])

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes the values of one row into account."""
        for name, value in row.items():
            self._kinds[name].add(_Large if type(value) is int and not _LEAST <= value <= _MOST else type(value))

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
        """These rows with all fields; null where a row has none."""
        schema = self.schema
        kinds = zip(self._kinds, schema.types, strict=True)
        columns = [_column([row.get(name) for row in rows], kind) for name, kind in kinds]
        if not columns:  # a batch without columns forgets its rows
            return pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))
        return pa.RecordBatch.from_arrays(columns, schema=schema)


class _Large(int):
    """An integer that int64 doesn't hold."""


def _type_of(kinds: set[type]) -> pa.DataType:
    return _TYPES.get(frozenset(kinds - {type(None)}), pa.string())


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == pa.string():
        return pa.array([_text(value) for value in values], kind)
    if kind == pa.float64():
        return pa.array([None if value is None else float(value) for value in values], kind)
    if kind == pa.binary():
        return pa.array([valid(value).encode() if isinstance(value, str) else value for value in values], kind)
    return pa.array(values, kind)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return valid(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def valid(text: str) -> str:
    """Without the halves of surrogate pairs that JSON may hold: they have no UTF-8, and become U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
