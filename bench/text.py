"""The text bar: CPU time of the whole command on URL-only rows, against DuckDB doing the counting alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import captions, funnel, make_corpus, warm_up
from bench.figures import Figure, median
from bench.measure import Usage, measure, python

BARS = {3_000_000: 0.75, 10_000_000: 1.0}  # multiple of DuckDB's CPU time
SPEED_UP = 1.5  # least gain in wall time by two workers


@dataclass(frozen=True)
class Round:
    """Pipeline and yardsticks, one after the other, so that they see the same machine."""

    one: Usage  # with one worker
    two: Usage  # with two workers
    three: float  # CPU seconds of DuckDB with three group-bys
    four: float  # CPU seconds with four


def text(rows: int, repeats: int, foreign: float) -> Iterator[Figure]:
    """Medians of `repeats` rounds; a ratio is taken within its round."""
    crawl, size = captions(rows, foreign), f"{rows / 1e6:g}M rows"
    warm_up()
    rounds = [_round(crawl, is_ascii=foreign == 0) for _ in range(repeats)]
    yield Figure(f"{size}: CPU time of the pipeline", median([r.one.cpu for r in rounds]), "s")
    yield Figure(f"{size}: CPU time of DuckDB, three group-bys", median([r.three for r in rounds]), "s")
    ratio = median([r.one.cpu / r.three for r in rounds])
    yield Figure(f"{size}: pipeline / DuckDB, three group-bys", ratio, "x", at_most=BARS.get(rows))
    yield Figure(f"{size}: pipeline / DuckDB, four group-bys", median([r.one.cpu / r.four for r in rounds]), "x")
    yield Figure(f"{size}: CPU time, two workers / one", median([r.two.cpu / r.one.cpu for r in rounds]), "x")
    faster = median([r.one.wall / r.two.wall for r in rounds])
    yield Figure(f"{size}: wall time, one worker / two", faster, "x", at_least=SPEED_UP)


def _round(crawl: Path, is_ascii: bool) -> Round:
    one = make_corpus("text", crawl)
    three, four = (_duckdb(crawl, queries, is_ascii) for queries in ("three", "four"))
    return Round(one, make_corpus("text", crawl, workers=2), three, four)


def _duckdb(crawl: Path, queries: str, is_ascii: bool) -> float:
    """CPU seconds of DuckDB. If words are white-space tokens, its n-gram count must equal the pipeline's."""
    usage = measure(*python("-m", "bench.duckdb_counts", queries, *sorted(crawl.glob("*.parquet"))))
    found, ours = json.loads(usage.output)["ngrams"], funnel("text")["ngrams"]["distinct"]
    if is_ascii and found != ours:
        raise ValueError(f"DuckDB counts {found:,} distinct n-grams, the pipeline {ours:,}")
    return usage.cpu
