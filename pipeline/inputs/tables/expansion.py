"""Memory that rows of an Arrow array take once decoded, where several share a value: dictionaries, runs, views."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.inputs import convert
from pipeline.inputs.errors import BadFile

BATCH_BYTES = 128 << 20
"""The most bytes of a batch if all of its shared values are as long as the longest."""

_ROW_BYTES = 256 << 20  # bytes of a row whose list shares values
_WIDTH = 16  # bytes of a number, with its place in a list
_FREE_ROWS, _ROWS_PER_BYTE = 1_000_000, 1_000  # rows that a file may have whatever its size, and more for each byte


def check_count(path: str, rows: int, size: int) -> None:
    """Raises BadFile for a table with more rows than a file of `size` bytes has unless its rows are all the same."""
    if rows > _FREE_ROWS + _ROWS_PER_BYTE * size:
        raise BadFile(path, f"{rows:,} rows in {size:,} bytes, over {_FREE_ROWS:,} and {_ROWS_PER_BYTE:,} a byte")


def rows_that_fit(path: str, columns: Iterable[pa.Array], most: int) -> int:
    """Returns up to `most` rows of these columns that fit in memory when decoded. Raises BadFile if one doesn't."""
    size = sum(longest(column) for column in columns)
    if size > _ROW_BYTES:
        raise BadFile(path, f"a row comes to up to {size:,} bytes decoded, over the {_ROW_BYTES:,} of a row")
    return max(min(most, BATCH_BYTES // max(size, 1)), 1)


def longest(array: pa.Array, *, shared: bool = False) -> int:
    """Returns the most bytes that a row of `array` takes in values that rows share; in all values if `shared`."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return longest(array.storage, shared=shared)
    if pt.is_dictionary(kind) or pt.is_run_end_encoded(kind):
        return longest(array.dictionary if pt.is_dictionary(kind) else array.values, shared=True)
    if pt.is_struct(kind):
        return sum(longest(array.field(number), shared=shared) for number in range(kind.num_fields))
    if convert.is_list(kind) or pt.is_map(kind):
        return _longest_list(array, shared)
    if pt.is_string_view(kind) or pt.is_binary_view(kind):
        views = np.frombuffer(array.buffers()[1] or b"", np.int32)[4 * array.offset :][::4]
        return int(views[: len(array)].max(initial=0))
    if not shared:
        return 0
    return int(pc.max(pc.binary_length(array)).as_py() or 0) if _has_length(kind) else _WIDTH


def _longest_list(array: pa.Array, shared: bool) -> int:
    """Like `longest`, for lists: their own values are shared where several lists may view them."""
    kind = array.type
    shared = shared or pt.is_list_view(kind) or pt.is_large_list_view(kind)
    inner = (array.keys, array.items) if pt.is_map(kind) else (array.values,)
    size = sum(longest(values, shared=shared) for values in inner)
    if not size or pt.is_fixed_size_list(kind):
        return size * (kind.list_size if size else 0)
    lengths = np.diff(array.offsets) if pt.is_map(kind) else pc.list_value_length(array).drop_null()
    return size * int(np.max(lengths, initial=0))


def _has_length(kind: pa.DataType) -> bool:
    return convert.is_string(kind) or convert.is_bytes(kind)


def decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Decodes columns of dictionaries and run lengths, so that each row has the bytes of its own values."""
    shares = [pt.is_dictionary(kind) or pt.is_run_end_encoded(kind) for kind in batch.schema.types]
    if not any(shares):
        return batch
    pairs = zip(batch.columns, shares, strict=True)
    columns = [convert.plain(column) if is_shared else column for column, is_shared in pairs]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)
