"""Rows of JSON-like values as Arrow columns: one type for each field of a file, over all its rows."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.inputs.captions import MIXED

MOST_FIELDS = 1_000
"""The most fields of a file's rows together: each is a column, also for rows without it."""

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
_NESTED: Mapping[frozenset[type], pa.DataType] = {
    frozenset({list}): pa.list_(pa.string()),
    frozenset({dict}): pa.struct([]),
}


class Fields:
    """The fields met so far, each with the one type that holds all its values.

    Numbers are int64 or float64. A field that is nested, mixed or too large for those is a string: its strings
    unchanged, other values as JSON. Strings beside bytes are bytes.
    """

    def __init__(self, most: int = MOST_FIELDS) -> None:
        self._most = most
        self._kinds: dict[str, set[type]] = defaultdict(set)

    @property
    def schema(self) -> pa.Schema:
        """The fields' types, for finding their roles: also lists and objects, which `batch` has as JSON."""
        return pa.schema([(valid(name), _role_type(kinds)) for name, kinds in self._kinds.items()])

    def add(self, row: Mapping[str, Any]) -> None:
        """Records the types of one row's values. Raises ValueError for more fields than `most`."""
        known = self._kinds
        for name, value in row.items():
            kind = type(value)
            if kind is int and not _LEAST <= value <= _MOST:
                kind = _Large
            elif kind is list and value and isinstance(value[0], list | dict):
                kind = dict  # a list of objects is no list of captions
            known[name].add(kind)
        if len(known) > self._most:
            raise ValueError(f"more than {self._most:,} fields in the file")

    def batch(self, rows: Sequence[Mapping[str, Any]], texts: Collection[str] = ()) -> pa.RecordBatch:
        """These rows with all fields; null for a row without one.

        The fields `texts`, by their names in `schema`, are MIXED if they hold lists or objects.
        """
        columns, names = [], []
        for name, kinds in self._kinds.items():
            names.append(valid(name))
            kind = _text_type(kinds) if names[-1] in texts else _type_of(kinds)
            columns.append(_column([row.get(name) for row in rows], kind))
        if not columns:  # a batch without columns loses its number of rows
            return pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))
        return pa.RecordBatch.from_arrays(columns, names)

    def texts(self, rows: Sequence[Mapping[str, Any]], number: int) -> pa.Array:
        """The field with this number in `schema`, in the form that `batch` gives a text."""
        name = list(self._kinds)[number]
        return _column([row.get(name) for row in rows], _text_type(self._kinds[name]))


class _Large(int):
    """An integer beyond int64."""


def _type_of(kinds: set[type]) -> pa.DataType:
    return _TYPES.get(frozenset(kinds - {type(None)}), pa.string())


def _role_type(kinds: set[type]) -> pa.DataType:
    return _NESTED.get(frozenset(kinds - {type(None)}), _type_of(kinds))


def _text_type(kinds: set[type]) -> pa.DataType:
    return MIXED if kinds & {list, dict} else _type_of(kinds)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == MIXED:
        return _mixed(values)
    if kind == pa.string():
        return pa.array([_text(value) for value in values], kind)
    if kind == pa.float64():
        return pa.array([None if value is None else float(value) for value in values], kind)
    if kind == pa.binary():
        return pa.array([valid(value).encode() if isinstance(value, str) else value for value in values], kind)
    return pa.array(values, kind)


def _mixed(values: list[Any]) -> pa.Array:
    """Captions and lists of captions. Other values are null."""
    one = pa.array([_caption(value) for value in values], pa.binary())
    many = [[_caption(item) for item in value] if isinstance(value, list) else None for value in values]
    return pa.StructArray.from_arrays([one, pa.array(many, pa.list_(pa.binary()))], fields=list(MIXED))


def _caption(value: Any) -> bytes | None:
    if value is None or isinstance(value, list | dict) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, bytes) else str(_text(value)).encode()


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return valid(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def valid(text: str) -> str:
    """Replaces lone surrogates, which JSON may hold, by U+FFFD: they have no UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
