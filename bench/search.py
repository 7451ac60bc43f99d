"""Search: exact against plain numpy and faiss's exact index, and lists for faiss against the exact search."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import faiss
import numpy as np

from bench.figures import Figure, median
from pipeline.commands.train.search.options import PROBES
from train import approximate
from train.nearest import Nearest, nearest

WIDTH, TOP = 640, 20  # width of an EfficientNet-B7 embedding; number of results
QUERIES = (1, 100)
AROUND = 5000  # directions around which the vectors lie: as far from these as these are from zero
AT_ONCE = 65_536
NUMPY_BAR, FLAT_BAR = 1.0, 1.0
RECALL_BAR, FASTER_BAR = 0.9, 2.0
MB = 1e6


def search(count: int, repeats: int) -> Iterator[Figure]:
    """Searches `count` generated vectors in a memory-mapped file with queries of their kind, on all cores."""
    with TemporaryDirectory(dir=_folder()) as folder:
        path = Path(folder) / "vectors.npy"
        _write(path, count)
        vectors, queries = np.load(path, mmap_mode="r"), _vectors(max(QUERIES), seed=1)
        yield from _exact(vectors, queries, repeats)
        yield from _lists(vectors, queries, repeats)


def _folder() -> Path:
    folder = Path("out/bench/search")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _vectors(count: int, seed: int) -> np.ndarray:
    """Directions around `AROUND` others, float32 (count, WIDTH)."""
    random, around = np.random.default_rng(seed), np.random.default_rng(0).standard_normal((AROUND, WIDTH), np.float32)
    vectors = around[random.integers(AROUND, size=count)] + random.standard_normal((count, WIDTH), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _write(path: Path, count: int) -> None:
    file = np.lib.format.open_memmap(path, "w+", np.float32, (count, WIDTH))
    for begin in range(0, count, AT_ONCE):
        file[begin : begin + AT_ONCE] = _vectors(min(AT_ONCE, count - begin), seed=2 + begin)


def _exact(vectors: np.ndarray, queries: np.ndarray, repeats: int) -> Iterator[Figure]:
    flat = faiss.IndexFlatIP(WIDTH)
    flat.add(np.ascontiguousarray(vectors))
    for count in QUERIES:
        asked = queries[:count]
        ours, plain, flats = _rounds(
            repeats,
            lambda asked=asked: nearest(vectors, asked, TOP),
            lambda asked=asked: _plain(vectors, asked),
            lambda asked=asked: flat.search(asked, TOP),
        )
        what = f"{count} {'query' if count == 1 else 'queries'} among {len(vectors):,} vectors of {WIDTH}"
        yield Figure(f"exact: {what}", median(ours), "s")
        yield Figure(f"{what}: over numpy, on one core", _ratio(ours, plain), "x", at_most=NUMPY_BAR)
        yield Figure(f"{what}: over faiss.IndexFlatIP, in memory", _ratio(ours, flats), "x", at_most=FLAT_BAR)
        yield Figure(f"{what}: memory beside the file", _memory(lambda asked=asked: nearest(vectors, asked, TOP)), "MB")


def _plain(vectors: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """A plain search, without an order among the nearest."""
    return np.argpartition(queries @ vectors.T, -TOP, axis=1)[:, -TOP:]


def _lists(vectors: np.ndarray, queries: np.ndarray, repeats: int) -> Iterator[Figure]:
    begin = time.perf_counter()
    index = approximate.build(vectors)
    yield Figure(f"lists for faiss of {len(vectors):,} vectors", time.perf_counter() - begin, "s to make")
    exact = nearest(vectors, queries, TOP)
    found = approximate.nearest(index, queries, TOP, PROBES)
    yield Figure(f"lists for faiss: recall of the {TOP} nearest", _recall(found, exact), at_least=RECALL_BAR)
    ours, lists = _rounds(
        repeats,
        lambda: nearest(vectors, queries[:1], TOP),
        lambda: approximate.nearest(index, queries[:1], TOP, PROBES),
    )
    yield Figure("1 query by lists for faiss", median(lists), "s")
    yield Figure("1 query: exact over lists for faiss", _ratio(ours, lists), "x", at_least=FASTER_BAR)


def _recall(found: Nearest, exact: Nearest) -> float:
    pairs = zip(found.rows.tolist(), exact.rows.tolist(), strict=True)
    return float(np.mean([len(set(ours) & set(right)) / TOP for ours, right in pairs]))


def _rounds(repeats: int, *calls: Callable[[], Any]) -> list[list[float]]:
    """Seconds of each call, in turns, after one uncounted round."""
    rounds = [[_seconds(call) for call in calls] for _ in range(repeats + 1)]
    return [list(seconds) for seconds in zip(*rounds[1:], strict=True)]


def _seconds(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return median([one / other for one, other in zip(ours, theirs, strict=True)])


def _memory(call: Callable[[], Any]) -> float:
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / MB
