"""Columns of any type in types that JSON has. No value is lost, but for NaN and the infinities, which are null.

| type | form |
|---|---|
| bytes | base64 |
| timestamp | ISO 8601, `2026-01-31T12:00:00.000000Z`; without `Z` if it has no time zone |
| date, time | ISO 8601 |
| decimal | digits, as a string |
| float that is not finite | null |
| map | list of objects with `key` and `value` |
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.inputs import convert
from pipeline.outputs.formats.names import distinct_names


def json_form(column: pa.Array) -> pa.Array:
    """Converts a column, at any depth, so that `as_py` gives values for `json_text`."""
    return with_leaves(column, _leaf)


def json_texts(column: pa.Array) -> pa.StringArray:
    """Converts each value to its JSON; a null stays null."""
    values = json_form(column).to_pylist()
    return pa.array([None if value is None else json_text(value) for value in values], pa.string())


def json_text(value: Any) -> str:
    """The JSON of a value that has a form in JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def with_leaves(column: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Changes the values below lists and structs, whose fields get distinct names.

    A map becomes a list of structs of `key` and `value`.
    """
    kind = column.type
    if pt.is_map(kind):
        entry = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
        return with_leaves(column.cast(pa.list_(entry)), change)
    if convert.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
        ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
        return pa.ListArray.from_arrays(ends, with_leaves(column.flatten(), change), mask=column.is_null())
    if pt.is_struct(kind):
        fields = [with_leaves(field, change) for field in column.flatten()]
        names = distinct_names([field.name for field in kind])
        return pa.StructArray.from_arrays(fields, names, mask=column.is_null())
    return change(column)


def _leaf(column: pa.Array) -> pa.Array:
    kind = column.type
    if pt.is_floating(kind):
        wide = column.cast(pa.float64())
        return pc.if_else(pc.is_finite(wide), wide, pa.scalar(None, pa.float64()))
    if convert.is_bytes(kind):
        values = (None if value is None else base64.b64encode(value).decode() for value in column.to_pylist())
        return pa.array(values, pa.string())
    if pt.is_timestamp(kind):
        return _timestamps(column)
    if pt.is_temporal(kind) or pt.is_decimal(kind):
        return column.cast(pa.string())
    return convert.string(column) if convert.is_string(kind) else column


def _timestamps(column: pa.Array) -> pa.StringArray:
    """By Arrow and not by `as_py`, which needs pandas for nanoseconds, and fails at years that Python doesn't know."""
    in_utc = column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
    texts = pc.replace_substring(in_utc, " ", "T", max_replacements=1)
    return texts if column.type.tz is None else pc.binary_join_element_wise(texts, "Z", "")
