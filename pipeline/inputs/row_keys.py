"""Keys of rows whose input gives none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

DIGITS = 9  # at least, so that the keys of a file sort in the order of its rows


def row_keys(source: str, first: int, rows: int) -> pa.StringArray:
    """`<source>#<row>` for rows from `first`, with at least nine digits."""
    digits = max(DIGITS, len(str(first + rows)))
    numbers = np.arange(first, first + rows, dtype=np.int64)
    powers = 10 ** np.arange(digits - 1, -1, -1, dtype=np.int64)
    figures = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    prefix = np.frombuffer(f"{source}#".encode(), np.uint8)
    content = np.concatenate([np.broadcast_to(prefix, (rows, len(prefix))), figures], axis=1)
    offsets = np.arange(rows + 1, dtype=np.int32) * content.shape[1]
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(content)))
