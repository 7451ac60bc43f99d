"""Memory bars: the peak of the whole process tree may hardly grow with the rows, nor follow a row group of images."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from bench.corpus import FOLDER, captions, make_corpus, warm_up
from bench.figures import Figure
from bench.measure import measure, python
from bench.pictures import write_one_group

GROWTH = 1.3  # ratio of peaks for three times as many rows
GB_PER_WORKER = 2.0
GROUP_GB, GROUP_PEAK_GB = 1.0, 1.0
GB = 1e9
LEVELS_ROWS = 9_000_000  # 36 runs: three levels of four
FOUR_AT_A_TIME = """
import runpy
from pipeline import counting
counting.MOST_MERGED = 4
runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
"""


def growth(sizes: Sequence[int], foreign: float) -> Iterator[Figure]:
    """Peak PSS for each number of rows, its growth with three times the rows, and with two workers."""
    warm_up()
    peaks = dict[int, float]()
    for rows in sorted(sizes):
        peaks[rows] = _peak(rows, foreign, workers=1)
        yield Figure(f"{_size(rows)}: peak PSS, one worker", peaks[rows], "GB", at_most=GB_PER_WORKER)
        if rows % 3 == 0 and (less := rows // 3) in peaks:
            what = f"peak PSS, {_size(rows)} / {_size(less)}"
            yield Figure(what, peaks[rows] / peaks[less], "x", at_most=GROWTH)
    rows = max(sizes)
    two = _peak(rows, foreign, workers=2)
    yield Figure(f"{_size(rows)}: peak PSS for each of two workers", two / 2, "GB", at_most=GB_PER_WORKER)


def in_levels(rows: int, foreign: float) -> Iterator[Figure]:
    """Peak PSS where runs are merged four at a time, in levels, as hundreds of them are, against all at once."""
    output = FOLDER / "runs" / "levels"
    shutil.rmtree(output, ignore_errors=True)
    command = python("-c", FOUR_AT_A_TIME, f"--input={captions(rows, foreign)}", f"--output={output}", "--workers=1")
    peak = measure(*command, memory=True).peak / GB
    yield Figure(f"{_size(rows)}: peak PSS, runs merged four at a time", peak, "GB", at_most=GB_PER_WORKER)
    ratio = peak / _peak(rows, foreign, workers=1)
    yield Figure(f"{_size(rows)}: peak PSS, four at a time / all at once", ratio, "x", at_most=GROWTH)


def row_group() -> Iterator[Figure]:
    """Peak for one Parquet row group that holds a gigabyte of images."""
    path = FOLDER / "row_group" / "images.parquet"
    write_one_group(path, GROUP_GB * GB)
    peak = make_corpus("row_group", path, "--filters.porn.enabled=false", memory=True).peak / GB
    yield Figure(f"a row group with {GROUP_GB:g} GB of images: peak PSS", peak, "GB", at_most=GROUP_PEAK_GB)


def _peak(rows: int, foreign: float, workers: int) -> float:
    return make_corpus("memory", captions(rows, foreign), workers=workers, memory=True).peak / GB


def _size(rows: int) -> str:
    return f"{rows / 1e6:g}M rows"
