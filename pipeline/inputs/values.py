"""Rows of JSON-like values as Arrow columns: one type for each field of a file, whatever its rows hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

_INT64 = range(-(2**63), 2**63)
_BY_CLASS: Mapping[type, pa.DataType] = {
    type(None): pa.null(),
    bool: pa.bool_(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
}


class Fields:
    """The fields met so far, each with the one type that holds all its values.

    Numbers are int64 or float64. A field that is nested, mixed or too large for those is a string: its strings as they
    are, other values as JSON. Strings beside bytes are bytes.
    """

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType] = {}

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(list(self._types.items()))

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes the values of one row into account."""
        for name, value in row.items():
            kind = _type_of(value)
            known = self._types.get(name)
            if known != kind:
                self._types[name] = kind if known is None else _common(known, kind)

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
        """These rows with all fields; null where a row has none."""
        columns = [_column((row.get(name) for row in rows), kind) for name, kind in self._types.items()]
        if not columns:  # a batch without columns forgets its rows
            return pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _type_of(value: Any) -> pa.DataType:
    if type(value) is int:
        return pa.int64() if value in _INT64 else pa.string()
    return _BY_CLASS.get(type(value), pa.string())


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    types = {one, other} - {pa.null()}
    if len(types) == 1:
        return types.pop()
    if types == {pa.string(), pa.binary()}:
        return pa.binary()
    return pa.float64() if types == {pa.int64(), pa.float64()} else pa.string()


def _column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    if kind == pa.string():
        return pa.array([_text(value) for value in values], kind)
    if kind == pa.float64():
        return pa.array([None if value is None else float(value) for value in values], kind)
    if kind == pa.binary():
        return pa.array([valid(value).encode() if isinstance(value, str) else value for value in values], kind)
    return pa.array(list(values), kind)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return valid(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def valid(text: str) -> str:
    """Without the halves of surrogate pairs that JSON may hold: they have no UTF-8, and become U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
