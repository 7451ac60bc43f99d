"""Tests of Arrow types at any depth."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.types as pt


def holds(kind: pa.DataType, test: Callable[[pa.DataType], bool]) -> bool:
    """Returns whether a type, or any inside it, passes a test."""
    return test(kind) or any(holds(kind.field(number).type, test) for number in range(kind.num_fields))


def has_map(kind: pa.DataType) -> bool:
    """Returns whether a type is, or contains, a map: the one type that Parquet has, and `datasets` has not."""
    return holds(kind, pt.is_map)
