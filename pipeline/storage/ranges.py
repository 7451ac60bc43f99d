"""One sorted table from many sorted runs of (hash, value), merged in ranges of hashes, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.files import Output
from pipeline.storage.runs import PAIRS, Columns, read_run, slices, write_run

ENTRIES_PER_PART = 4_000_000  # merged at once: some 200 MB


def parts_for(entries: int) -> int:
    """Number of hash ranges in which so many entries are merged, a power of two."""
    return 1 << (entries // ENTRIES_PER_PART).bit_length()


def merge_part(
    output: Output,
    name: str,
    runs: Sequence[str],
    part: int,
    parts: int,
    combine: Callable[[np.ndarray, np.ndarray], Columns],
) -> None:
    """Writes range `part` of `parts` of all runs (names below the root), combined; nothing if it is there."""
    if output.has(name):
        return
    found = [*zip(*slices([output.path(run) for run in runs], PAIRS, part, parts), strict=True)]
    none = (np.empty(0, np.uint64),)
    hashes, values = (np.concatenate(none + column) for column in found or [(), ()])
    write_run(output, name, combine(hashes, values))


def join_parts(output: Output, name: str, parts: Sequence[str]) -> None:
    """Concatenates ranges (names below the root), which are in the order of hashes, into one table."""
    runs = [read_run(output.path(part), PAIRS) for part in parts]
    with output.write(name) as file:
        for column in zip(*runs, strict=True):
            for piece in column:
                file.write(np.ascontiguousarray(piece).data.cast("B"))
