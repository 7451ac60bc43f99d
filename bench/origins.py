"""CPU time of the statistics of origins within the passes, against that of the whole command.

The passes are called one after the other on one thread, whose clock counts no other thread.
"""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from bench.corpus import FOLDER, captions, make_corpus, warm_up
from bench.figures import Figure
from bench.hot_spots import PASSES, Stages

SHARDS = ("pipeline.emit.shard_statistics",)
MERGED = (
    "pipeline.statistics.merge.read_statistics",
    "pipeline.statistics.merge.Merged.add",
    "pipeline.finish.origins",
)


def origins(rows: int) -> Iterator[Figure]:
    """CPU seconds of the statistics in the shards and at the end, and their share of the whole command."""
    crawl = captions(rows)
    warm_up()
    whole = make_corpus("origins", crawl).cpu
    seconds(Stages(captions(1), FOLDER / "runs" / "stages"))  # imports and loads
    spent = seconds(Stages(crawl, FOLDER / "runs" / "stages"))
    parts = {"shards": SHARDS, "merging them": MERGED}
    for part, names in parts.items():
        yield Figure(f"statistics: {part}", sum(spent[name] for name in names), "s")
    yield Figure("the whole command", whole, "s")
    yield Figure("statistics / the whole command", 100 * sum(spent.values()) / whole, "%", at_most=3)


def seconds(stages: Stages) -> dict[str, float]:
    """Runs all passes; returns the CPU seconds of each function of the statistics."""
    spent = dict.fromkeys((*SHARDS, *MERGED), 0.0)
    with ExitStack() as patches:
        for name in spent:
            patches.enter_context(_timed(name, spent))
        for each in PASSES:
            getattr(stages, each)()
    return spent


def _timed(name: str, spent: dict[str, float]) -> Any:
    """Replaces the function `name` by one that adds its CPU seconds to `spent`."""
    function: Callable[..., Any] = pkgutil.resolve_name(name)

    def timed(*given: Any, **named: Any) -> Any:
        begin = time.thread_time()
        try:
            return function(*given, **named)
        finally:
            spent[name] += time.thread_time() - begin

    return patch(name, timed)
