"""Conversion of columns of any type to the types of `FIELDS`. A value that doesn't fit becomes null."""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.inputs.reader import BATCH_ROWS

_NUMBER = r"^[0-9]{1,18}(\.[0-9]*)?$"
_HEX_SHA256 = "^[0-9a-fA-F]{64}$"


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values below dictionaries, run lengths and extensions."""
    if pt.is_dictionary(kind) or pt.is_run_end_encoded(kind):
        return value_type(kind.value_type)
    return value_type(kind.storage_type) if isinstance(kind, pa.BaseExtensionType) else kind


def is_string(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def is_bytes(kind: pa.DataType) -> bool:
    plain = pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_binary_view(kind) or pt.is_fixed_size_binary(kind)
    return bool(plain)


def is_list(kind: pa.DataType) -> bool:
    """Returns whether a type holds lists of any form."""
    lists = (pt.is_list, pt.is_large_list, pt.is_fixed_size_list, pt.is_list_view, pt.is_large_list_view)
    return any(check(kind) for check in lists)


def depth(kind: pa.DataType) -> int:
    """Counts the nested lists, structs and maps of a type."""
    levels, kinds = 0, [value_type(kind)]
    while kinds := [kind for kind in kinds if pt.is_nested(kind)]:
        levels += 1
        kinds = [value_type(kind.field(place).type) for kind in kinds for place in range(kind.num_fields)]
    return levels


def is_picture(kind: pa.DataType) -> bool:
    """Returns whether a type holds an image in the form of the Hugging Face libraries: a struct with `bytes`."""
    if not pt.is_struct(kind) or (place := kind.get_field_index("bytes")) < 0:
        return False
    inner = value_type(kind.field(place).type)
    return is_bytes(inner) or bool(pt.is_null(inner))


def plain(column: pa.Array) -> pa.Array:
    """Decodes dictionary, run-length, view and extension types."""
    if isinstance(column, pa.ExtensionArray):
        return plain(column.storage)
    if isinstance(column, pa.RunEndEncodedArray):
        return plain(pc.run_end_decode(column))
    kind = value_type(column.type)
    kind = pa.string() if pt.is_string_view(kind) else pa.binary() if pt.is_binary_view(kind) else kind
    return column if column.type == kind else column.cast(kind)


def binary(column: pa.Array) -> pa.Array:
    """Converts text or bytes to binary; numbers to digits, NaN and infinities to null."""
    column = plain(column)
    if pt.is_floating(column.type):
        column = _only(column, pc.is_finite(column))
    if not is_bytes(column.type) and not is_string(column.type):
        column = column.cast(pa.string())
    return column.cast(pa.binary())


def string(column: pa.Array) -> pa.Array:
    """Converts text or bytes to UTF-8, with U+FFFD for invalid bytes; numbers to digits."""
    column = binary(column)
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        values = column.to_pylist()
        return pa.array(
            [None if value is None else value.decode("utf-8", "replace") for value in values],
            pa.string(),
        )


def carried(column: pa.Array) -> pa.Array:
    """Converts a passthrough column to a plain type with valid text."""
    column = plain(column)
    return string(column) if is_string(column.type) else column


def sha256(column: pa.Array) -> pa.Array:
    """Lower-case hex digits; null unless there are exactly 64."""
    column = string(column)
    return _only(pc.ascii_lower(column), pc.match_substring_regex(column, _HEX_SHA256))


def size(column: pa.Array) -> pa.Array:
    """Pixels as int64; null if a value is under 1 or no number."""
    column = plain(column)
    if is_bytes(column.type) or is_string(column.type):
        column = pc.utf8_trim_whitespace(string(column))
        column = _only(column, pc.match_substring_regex(column, _NUMBER)).cast(pa.float64())
    number = column.cast(pa.float64(), safe=False)
    number = _only(number, pc.and_(pc.greater_equal(number, 1), pc.less(number, 2**53)))
    return number.cast(pa.int64(), safe=False)


def image_bytes(column: pa.Array) -> pa.Array:
    """Image bytes, large_binary, from bytes or a struct with `bytes`."""
    if isinstance(column, pa.ExtensionArray):
        return image_bytes(column.storage)
    if pt.is_struct(column.type):
        column = pc.struct_field(column, "bytes")
    return plain(column).cast(pa.large_binary())


def nulls(kind: pa.DataType, rows: int) -> pa.Array:
    """A column of nulls, cheap for up to `BATCH_ROWS`."""
    return _many_nulls(kind).slice(0, rows) if rows <= BATCH_ROWS else pa.nulls(rows, kind)


@cache
def _many_nulls(kind: pa.DataType) -> pa.Array:
    return pa.nulls(BATCH_ROWS, kind)


def _only(column: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, column, pa.scalar(None, column.type))
