"""The nearest of many vectors, exactly: products of blocks, so that a memory-mapped file need not fit in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

BLOCK = 8192  # vectors
QUERIES = 256  # queries at once: a block's similarities take 8 MB


@dataclass(frozen=True)
class Nearest:
    """The nearest vectors of each query, best first: their rows, int64 (queries, top), and similarities, float32."""

    rows: np.ndarray
    similarities: np.ndarray


Search = Callable[[np.ndarray, int], Nearest]  # takes queries, float (queries, width), and `top`


def nearest(vectors: np.ndarray, queries: np.ndarray, top: int) -> Nearest:
    """The `top` vectors, or all, with the largest products: `vectors` float (n, width), `queries` (queries, width).

    Ties take the first.
    """
    parts = [_nearest(vectors, queries[begin : begin + QUERIES], top) for begin in range(0, len(queries), QUERIES)]
    return Nearest(np.concatenate([part.rows for part in parts]), np.concatenate([part.similarities for part in parts]))


def _nearest(vectors: np.ndarray, queries: np.ndarray, top: int) -> Nearest:
    def of_block(begin: int) -> Nearest:
        found = _best(queries @ vectors[begin : begin + BLOCK].T, top)
        return Nearest(found.rows + begin, found.similarities)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = list(pool.map(of_block, range(0, len(vectors), BLOCK)))
    best = _best(np.concatenate([block.similarities for block in blocks], axis=1), top)
    rows = np.concatenate([block.rows for block in blocks], axis=1)
    return Nearest(np.take_along_axis(rows, best.rows, axis=1), best.similarities)


def _best(similarities: np.ndarray, top: int) -> Nearest:
    """Columns with the largest values of each row; ties take the first."""
    top = min(top, similarities.shape[1])
    columns = np.stack(list(_columns(similarities, top)))
    return Nearest(columns, np.take_along_axis(similarities, columns, axis=1))


def _columns(similarities: np.ndarray, top: int) -> Iterator[np.ndarray]:
    last = similarities.shape[1] - top
    for row in similarities:
        least = np.partition(row, last)[last]
        columns = np.flatnonzero(row >= least)  # including all that tie for the last rank
        yield columns[np.argsort(-row[columns], kind="stable")[:top]]
