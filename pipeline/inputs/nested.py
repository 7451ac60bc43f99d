"""Fields inside objects and structs, called by their path, such as meta.caption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.inputs.settings import Columns


def nested_names(columns: Columns) -> list[str]:
    """The names with a dot in settings."""
    chosen = (getattr(columns, field.name) for field in fields(columns))
    return [name.strip() for names in chosen if names for name in (names, *names.split(",")) if "." in name]


def with_nested(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Adds fields inside a JSON row's objects under these names."""
    found = {name: _find(row, name) for name in names if name not in row}
    return {**row, **{name: value for name, value in found.items() if value is not None}} if found else row


def _find(row: Mapping[str, Any], name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def nested_schema(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    """Appends fields inside structs, under these names, to the schema."""
    for name in dict.fromkeys(names):
        field = None if name in schema.names else _child(schema, name)
        schema = schema if field is None else schema.append(field.with_name(name))
    return schema


def _child(schema: pa.Schema, name: str) -> pa.Field | None:
    first, *parts = name.split(".")
    found = schema.field(first) if first in schema.names else None
    for part in parts:
        is_there = found is not None and pt.is_struct(found.type) and found.type.get_field_index(part) >= 0
        found = found.type.field(part) if is_there and found is not None else None
    return found


def nested_batch(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Selects the columns with these names, including those inside structs."""
    places = {name: number for number, name in enumerate(batch.schema.names)}  # once: a table may have 10,000 columns
    return pa.RecordBatch.from_arrays([_column(batch, name, places) for name in names], list(names))


def _column(batch: pa.RecordBatch, name: str, places: Mapping[str, int]) -> pa.Array:
    if name in places:
        return batch.column(places[name])
    first, *parts = name.split(".")
    return pc.struct_field(batch.column(places[first]), parts)
