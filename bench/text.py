"""The text bar: CPU time of the whole command on URL-only rows, against DuckDB doing the counting alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import captions, funnel, make_corpus, warm_up
from bench.figures import Figure, median
from bench.measure import measure, python

BARS = {3_000_000: 1.25, 10_000_000: 1.0}  # of DuckDB's CPU time
SPEED_UP = 1.5  # of two workers, in wall time


def text(rows: int, repeats: int, foreign: float) -> Iterator[Figure]:
    """Ratios are medians of `repeats` runs; pipeline and yardstick take turns, so that both see the same machine."""
    crawl = captions(rows, foreign)
    warm_up()
    size = f"{rows / 1e6:g}M rows"
    ours, duckdb, fastest, wall = list[float](), list[float](), list[float](), list[float]()
    for _ in range(repeats):
        run = make_corpus("text", crawl)
        ours.append(run.cpu)
        duckdb.append(_duckdb(crawl, "three", check=foreign == 0))
        fastest.append(_duckdb(crawl, "four", check=foreign == 0))
        wall.append(run.wall / make_corpus("text", crawl, workers=2).wall)
    yield Figure(f"{size}: CPU time of the pipeline", median(ours), "s")
    yield Figure(f"{size}: CPU time of DuckDB, three group-bys", median(duckdb), "s")
    yield Figure(f"{size}: pipeline / DuckDB", median(_ratios(ours, duckdb)), "x", at_most=BARS.get(rows))
    yield Figure(f"{size}: pipeline / DuckDB, words and pairs of words apart", median(_ratios(ours, fastest)), "x")
    yield Figure(f"{size}: two workers, times faster in wall time", median(wall), "x", at_least=SPEED_UP)


def _duckdb(crawl: Path, queries: str, check: bool) -> float:
    """CPU seconds of DuckDB; with `check` it has to count the n-grams that the pipeline counted."""
    usage = measure(*python("-m", "bench.duckdb_counts", queries, *sorted(crawl.glob("*.parquet"))))
    found, ours = json.loads(usage.output)["ngrams"], funnel("text")["ngrams"]["distinct"]
    if check and found != ours:
        raise ValueError(f"DuckDB counts {found:,} distinct n-grams, the pipeline {ours:,}")
    return usage.cpu


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]
