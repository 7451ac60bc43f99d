"""Skewed inputs: one text on millions of rows, one image with a million texts, one file far larger than all others.

Memory may not follow a key: each is measured against as many rows that share nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from bench.corpus import FOLDER, funnel, make_corpus, warm_up
from bench.figures import Figure

GROWTH = 1.3
ROWS_PER_FILE = 500_000
GB = 1e9


def skew(rows: int) -> Iterator[Figure]:
    """Peak PSS of one worker, and CPU time, relative to `rows` rows without any skew."""
    warm_up()
    plain = _measured("plain", rows, _numbered("text"), _numbered("image"))
    yield Figure(f"{rows:,} texts on as many images: peak PSS", plain[1] / GB, "GB")
    cases = {
        "one text on as many images": (_one("text"), _numbered("image")),
        "one image with as many texts": (_numbered("text"), _one("image")),
    }
    for name, (texts, urls) in cases.items():
        yield from _over(f"{rows:,} rows, {name}", _measured(name.replace(" ", "-"), rows, texts, urls), plain)
    even = _csv_files("even", [rows // 10] * 10)
    large = _csv_files("large", [rows - 9 * (rows // 900), *[rows // 900] * 9])
    yield from _over(f"{rows:,} rows in ten compressed CSV files, 99 % of them in one", large, even)


def _over(what: str, skewed: tuple[float, float], plain: tuple[float, float]) -> Iterator[Figure]:
    yield Figure(f"{what}: CPU time over that without skew", skewed[0] / plain[0], "x")
    yield Figure(f"{what}: peak PSS over that without skew", skewed[1] / plain[1], "x", at_most=GROWTH)


def _measured(
    name: str, rows: int, texts: Callable[..., pa.Array], urls: Callable[..., pa.Array]
) -> tuple[float, float]:
    """CPU seconds and peak bytes of a run on generated rows; checks that every row is counted."""
    folder = FOLDER / f"skew-{name}-{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, rows, ROWS_PER_FILE):
        path = folder / f"{first // ROWS_PER_FILE:05d}.parquet"
        if not path.exists():
            numbers = pc.cast(pa.array(np.arange(first, min(first + ROWS_PER_FILE, rows))), pa.string())
            pq.write_table(pa.table({"text": texts(numbers), "url": urls(numbers)}), path, row_group_size=100_000)
    return _run(folder, rows)


def _csv_files(name: str, sizes: Sequence[int]) -> tuple[float, float]:
    """Measures a run on compressed CSV files with these numbers of rows."""
    folder = FOLDER / f"skew-{name}-{sum(sizes)}"
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(sizes):
        if not (path := folder / f"{number:02d}.csv.gz").exists():
            _write_csv(path, rows)
    return _run(folder, sum(sizes))


def _write_csv(path: Path, rows: int) -> None:
    numbers = pc.cast(pa.array(np.arange(rows)), pa.string())
    table = pa.table({"text": _numbered("text")(numbers), "url": _numbered(path.stem)(numbers)})
    with pa.CompressedOutputStream(str(path), "gzip") as file:
        pyarrow.csv.write_csv(table, file)


def _run(folder: Path, rows: int) -> tuple[float, float]:
    usage = make_corpus("skew", folder, workers=1, memory=True)
    counted = funnel("skew")["raw"]
    if counted != rows:
        raise ValueError(f"{folder}: {counted} of {rows} rows are accounted for")
    return usage.cpu, usage.peak


def _numbered(word: str) -> Callable[[pa.StringArray], pa.StringArray]:
    return lambda numbers: pc.binary_join_element_wise(f"a {word} with the number", numbers, " ")


def _one(word: str) -> Callable[[pa.StringArray], pa.StringArray]:
    return lambda numbers: pa.array([f"one {word} for all"] * len(numbers))
