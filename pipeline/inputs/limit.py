"""The first rows of a file, for `input.limit`: a reader stops where it has them, and reads no further."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc


def first_pairs(batches: Iterable[pa.Table], most: int | None) -> Iterator[pa.Table]:
    """Yields the batches up to `most` rows in all; None: all of them."""
    left = most
    for batch in batches:
        yield batch.slice(0, left)
        left = None if left is None else left - len(batch)
        if left is not None and left <= 0:
            return


def rows_with(done: pa.BooleanArray, most: int | None) -> int:
    """The number of first rows that hold `most` true ones; all rows if they hold no more, or for None."""
    places = pc.indices_nonzero(done)
    return len(done) if most is None or len(places) < most else int(places[most - 1].as_py()) + 1
