"""String columns as the arrays that compiled code reads and writes: Arrow's own buffers, without a copy."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def utf8(strings: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes (uint8) and the offsets (int32, rows + 1) of a column: row r is `data[offsets[r]:offsets[r + 1]]`.

    A null is an empty row. Raises TypeError for another type of column.
    """
    strings = one_array(strings)
    if strings.type != pa.string():
        raise TypeError(f"a column of type {strings.type}: the kernels read string")
    if strings.null_count:
        strings = strings.fill_null("")
    _, offsets, data = strings.buffers()
    if not len(strings) or offsets is None:
        return read_only(np.zeros(0, np.uint8)), read_only(np.zeros(len(strings) + 1, np.int32))
    bounds = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    return read_only(np.frombuffer(data or b"", np.uint8)), read_only(bounds)


def one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as one array; a single chunk is not copied, as `combine_chunks` would."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def read_only(array: np.ndarray) -> np.ndarray:
    """A read-only view. Kernels are compiled for read-only arrays, and would be compiled again for writable ones."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def string_array(data: np.ndarray, offsets: np.ndarray, valid: np.ndarray) -> pa.StringArray:
    """Makes a column from bytes (uint8) and offsets (int32, rows + 1); null where `valid` (bool) is false."""
    validity = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.StringArray.from_buffers(len(valid), pa.py_buffer(offsets), pa.py_buffer(data), validity)


def replace_rows(column: pa.StringArray, rows: np.ndarray, texts: list[str]) -> pa.StringArray:
    """The column with `texts` in place of the rows where `rows` (bool) is true."""
    return pc.replace_with_mask(column, pa.array(rows), pa.array(texts, pa.string()))
