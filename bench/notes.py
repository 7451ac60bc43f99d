"""What the command reads of each shard after the last pass, alone while no worker works: bytes, and CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.corpus import FOLDER, captions, funnel, make_corpus, warm_up
from bench.figures import Figure, median
from pipeline.config import Config
from pipeline.files import Output
from pipeline.report.chosen_examples import choose_examples
from pipeline.statistics.merge import read_notes
from pipeline.storage.for_report import EXAMPLES, NOTES, small_files

ROUNDS = 4  # the first one compiles and loads, and isn't counted


def notes(rows: int) -> Iterator[Figure]:
    """The notes and examples of a run on captions, without pictures."""
    crawl = captions(rows)
    warm_up()
    make_corpus("notes", crawl)
    output, config = Output(str(FOLDER / "runs" / "notes")), Config()
    kinds = small_files(config.name)
    listed = {NOTES: kinds[NOTES].listed(output), EXAMPLES: kinds[EXAMPLES].listed(output)}
    shards = [name.rpartition("/")[2].removesuffix(kinds[NOTES].ending) for name in listed[NOTES]]
    reasons = funnel("notes")["first_reason"]
    work: dict[str, Callable[[], Any]] = {
        NOTES: lambda: read_notes(output, shards, config.filters.all()),
        EXAMPLES: lambda: choose_examples(output, reasons),
    }
    for folder, read in work.items():
        size = sum((FOLDER / "runs" / "notes" / name).stat().st_size for name in listed[folder])
        yield Figure(f"{folder}: a shard", size / len(shards) / 1000, "kB")
        yield Figure(f"{folder}: CPU time a shard", 1000 * _cpu(read) / len(shards), "ms")


def _cpu(work: Callable[[], Any]) -> float:
    found = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return median(found[1:])
