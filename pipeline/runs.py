"""Sorted runs: columns of numbers on disk, sorted by their first, that are merged one hash range at a time.

A run is what one task counted; the range of a merge is the top bits of the hash, so that memory stays flat however
large the corpus is. Nothing here knows Beam.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.files import Output, is_local, read_bytes
from pipeline.sorting import distinct_of_sorted, sort_with, sum_of_equal

Columns = tuple[np.ndarray, ...]
COUNTED = (np.dtype("<u8"), np.dtype("<u4"))  # hash, count
PAIRS = (np.dtype("<u8"), np.dtype("<u8"))  # hash of the image, hash of the text
HASHES = (np.dtype("<u8"),)


def write_run(output: Output, name: str, columns: Columns) -> None:
    """Writes equally long columns, one after the other."""
    with output.write(name) as file:
        for column in columns:
            file.write(np.ascontiguousarray(column).data.cast("B"))


def read_run(path: str, kinds: Sequence[np.dtype]) -> Columns:
    """The columns of a run, memory-mapped where the file is local."""
    content = _mapped(path) if is_local(path) else read_bytes(path)
    rows, place, columns = len(content) // sum(kind.itemsize for kind in kinds), 0, []
    for kind in kinds:
        columns.append(np.frombuffer(content, kind, rows, place))
        place += rows * kind.itemsize
    return tuple(columns)


def _mapped(path: str) -> mmap.mmap | bytes:
    with open(path, "rb") as file:
        empty = not os.fstat(file.fileno()).st_size
        return b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def slices(paths: Iterable[str], kinds: Sequence[np.dtype], part: int, parts: int) -> Iterator[Columns]:
    """The rows of each run whose hash lies in range `part` of `parts` (a power of two)."""
    for path in paths:
        columns = read_run(path, kinds)
        begin, end = np.searchsorted(columns[0], _bounds(part, parts))
        if part + 1 == parts:
            end = len(columns[0])
        yield tuple(np.array(column[begin:end]) for column in columns)


def _bounds(part: int, parts: int) -> np.ndarray:
    step = (1 << 64) // parts
    return np.array([part * step, min((part + 1) * step, (1 << 64) - 1)], np.uint64)


def merge_counts(runs: Iterable[Columns]) -> Columns:
    """Adds up runs of (hash, count): hashes uint64, distinct and sorted, and counts uint32 (at most 2^32 - 1)."""
    return sum_of_equal(*sort_with(*_concatenate(runs, COUNTED)))


def merge_pairs(runs: Iterable[Columns]) -> Columns:
    """The distinct (image, text) pairs of all runs, sorted."""
    images, texts = _concatenate(runs, PAIRS)
    return distinct_pairs(images, texts)


def distinct_pairs(images: np.ndarray, texts: np.ndarray) -> Columns:
    """Distinct (image, text) pairs, uint64 each, sorted by image and then text."""
    return distinct_of_sorted(*sort_with(images, texts))


def _concatenate(runs: Iterable[Columns], kinds: Sequence[np.dtype]) -> Columns:
    columns = list(zip(*runs, strict=True))
    if not columns:
        return tuple(np.empty(0, kind) for kind in kinds)
    return tuple(np.concatenate(column) for column in columns)
