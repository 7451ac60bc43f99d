"""The nearest of very many vectors, nearly always: faiss searches only the lists of vectors near a query."""

from __future__ import annotations

from math import isqrt
from typing import Any, BinaryIO

import numpy as np

from train.nearest import Nearest

SAMPLE = 64  # vectors per list from which the lists' centres are learned
ADDED = 65_536  # vectors added at a time


def build(vectors: np.ndarray) -> Any:
    """An inverted file of `vectors`, float32 (n, width), memory-mapped or not: about as many lists as vectors in each.

    Equal vectors give an equal index.
    """
    import faiss

    lists, width = max(1, isqrt(len(vectors))), vectors.shape[1]
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1  # avoids faiss' warning for small indexes
    index.train(np.ascontiguousarray(vectors[:: max(1, len(vectors) // (SAMPLE * lists))]))
    for begin in range(0, len(vectors), ADDED):
        index.add(np.ascontiguousarray(vectors[begin : begin + ADDED]))
    return index


def save(index: Any, file: BinaryIO) -> None:
    """Writes an index to `file`."""
    import faiss

    faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]


def load(path: str, count: int, width: int) -> Any:
    """The index of `count` vectors in a local file, memory-mapped. Raises ValueError if the file holds another."""
    import faiss

    try:
        index = faiss.read_index(path, faiss.IO_FLAG_MMAP)
    except RuntimeError as error:
        raise ValueError(f"{path}: no index of faiss, or a damaged one") from error
    if (index.ntotal, index.d) != (count, width):
        raise ValueError(f"{path}: {index.ntotal:,} vectors of {index.d}, not {count:,} of {width}")
    return index


def nearest(index: Any, queries: np.ndarray, top: int, probes: int) -> Nearest:
    """Like `train.nearest.nearest`, but only among the vectors in the `probes` lists nearest to each query.

    If these hold less than `top`, all lists are searched.
    """
    top = min(top, index.ntotal)
    index.nprobe = min(probes, index.nlist)
    similarities, rows = index.search(np.ascontiguousarray(queries, np.float32), top)
    if (rows < 0).any():
        index.nprobe = index.nlist
        similarities, rows = index.search(np.ascontiguousarray(queries, np.float32), top)
    return Nearest(rows, similarities)
