"""Sorted runs: columns of numbers on disk, sorted by the first, that are merged one hash range at a time.

A run is one task's counts; the range of a merge is the top bits of the hash, so that memory stays flat however large
the corpus is. A run that is merged in ranges begins with their starts, so that a merge reads only its rows, wherever
the run is. Nothing here imports Beam.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from pipeline.files import Output, is_local, read_bytes, read_part
from pipeline.remote import request_pool
from pipeline.storage.sorting import distinct_of_sorted, sort_with, sum_of_equal
from vocab.counting import count

RUNS, PARTS, COUNTS = "work/runs", "work/parts", "work/counts"  # folders: runs of tasks, ranges, the corpus

Columns = tuple[np.ndarray, ...]
COUNTED = (np.dtype("<u8"), np.dtype("<u4"))  # hash, count
PAIRS = (np.dtype("<u8"), np.dtype("<u8"))  # hash of the pair, hash of the image
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, so that distinct images stay distinct
HASHES = (np.dtype("<u8"),)
_START = np.dtype("<i8")
_HELD = 1 << 24  # hashes held before they are counted: more than a group of captions has


def run_name(folder: str, kind: str, number: int) -> str:
    """The file of a kind with this number in one of the folders."""
    return f"{folder}/{kind}-{number:05d}"


def write_run(output: Output, name: str, columns: Columns) -> None:
    """Writes equally long columns, one after the other."""
    with output.write(name) as file:
        for column in columns:
            file.write(np.ascontiguousarray(column).data.cast("B"))


def write_ranges(output: Output, name: str, columns: Columns, parts: int) -> None:
    """Writes sorted columns that are merged in `parts` hash ranges (a power of two): range starts, then columns."""
    width = (1 << 64) // parts
    bounds = np.array([part * width for part in range(parts)], np.uint64)
    starts = np.append(np.searchsorted(columns[0], bounds), len(columns[0]))
    write_run(output, name, (starts.astype(_START), *columns))


def read_run(path: str, kinds: Sequence[np.dtype]) -> Columns:
    """Reads the columns of a run, memory-mapped if the file is local."""
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


def slices(
    paths: Sequence[str], kinds: Sequence[np.dtype], part: int, parts: int, written: int = 0
) -> Iterator[Columns]:
    """Yields, for each run of `write_ranges`, the rows with hashes in range `part` of `parts`.

    The runs were written in `written` ranges, a multiple of `parts`; 0 for just as many.
    """
    if all(map(is_local, paths)):
        yield from (read_range(path, kinds, part, parts, written) for path in paths)
        return
    with request_pool() as pool:
        yield from pool.map(lambda path: read_range(path, kinds, part, parts, written), paths)


def read_range(path: str, kinds: Sequence[np.dtype], part: int, parts: int, written: int = 0) -> Columns:
    """Reads the rows of range `part` of `parts` of a run; see `slices`."""
    read, written = _reader(path), written or parts
    each = written // parts
    starts = np.frombuffer(read(part * each * _START.itemsize, (written + 1) * _START.itemsize), _START)
    begin, end, rows = int(starts[0]), int(starts[each]), int(starts[-1])
    place, columns = (written + 1) * _START.itemsize, []
    for kind in kinds:
        columns.append(np.frombuffer(read(place + begin * kind.itemsize, place + end * kind.itemsize), kind))
        place += rows * kind.itemsize
    return tuple(columns)


def read_ranges(path: str, kinds: Sequence[np.dtype], parts: int) -> Columns:
    """Reads all rows of a run that was written in `parts` ranges."""
    read = _reader(path)
    place = (parts + 1) * _START.itemsize
    rows, columns = rows_of(path, parts), []
    for kind in kinds:
        columns.append(np.frombuffer(read(place, place + rows * kind.itemsize), kind))
        place += rows * kind.itemsize
    return tuple(columns)


def rows_of(path: str, parts: int) -> int:
    """Number of rows of a run that was written in `parts` ranges."""
    return int(np.frombuffer(_reader(path)(parts * _START.itemsize, (parts + 1) * _START.itemsize), _START)[0])


def _reader(path: str) -> Callable[[int, int], bytes]:
    """Reads from one byte of a file to another."""
    if is_local(path):
        content = _mapped(path)
        return lambda begin, end: content[begin:end]
    return lambda begin, end: read_part(path, begin, end) if begin < end else b""


def merge_counts(runs: Iterable[Columns]) -> Columns:
    """Adds up runs of (hash, count): hashes uint64, distinct and sorted, and counts uint32 (at most 2^32 - 1)."""
    return sum_of_equal(*sort_with(*_concatenate(runs, COUNTED)))


class Tally:
    """Counts hashes that come in pieces; memory holds the distinct ones and _HELD others."""

    def __init__(self) -> None:
        self._pieces: list[np.ndarray] = []
        self._counted: list[Columns] = []

    def add(self, hashes: np.ndarray) -> None:
        self._pieces.append(hashes)
        if sum(map(len, self._pieces)) > _HELD:
            self.counts()

    def counts(self) -> Columns:
        """Returns the distinct hashes (uint64, sorted) and their counts (uint32) so far."""
        newest = count(np.concatenate([np.empty(0, np.uint64), *self._pieces]))
        self._pieces = []
        self._counted = [merge_counts([*self._counted, newest]) if self._counted else newest]
        return self._counted[0]


def pair_run(images: np.ndarray, texts: np.ndarray) -> Columns:
    """Distinct (image, text) pairs of hashes, uint64, as a run: by the pair's hash, with the image's hash.

    So the pairs of one image, or of one text, are spread over all ranges, and no merge has to hold them all.
    """
    return distinct_of_sorted(*sort_with(images * _SPREAD + texts, images))


def merge_pairs(runs: Iterable[Columns]) -> Columns:
    """Distinct pairs of all runs: hashes of images and of texts, uint64, in the order of the pairs."""
    pairs, images = distinct_pairs(runs)
    return images, pairs - images * _SPREAD


def distinct_pairs(runs: Iterable[Columns]) -> Columns:
    """Distinct pairs of all runs, as one run."""
    return distinct_of_sorted(*sort_with(*_concatenate(runs, PAIRS)))


def _concatenate(runs: Iterable[Columns], kinds: Sequence[np.dtype]) -> Columns:
    columns = list(zip(*runs, strict=True))
    if not columns:
        return tuple(np.empty(0, kind) for kind in kinds)
    return tuple(np.concatenate(column) for column in columns)
