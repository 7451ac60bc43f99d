"""Requests to storage of the count pass, counted in memory at the real number of runs, each of them a few rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.figures import Figure

if TYPE_CHECKING:
    from pipeline.counting import Counting

ROWS_PER_RUN = 2_000_000  # of a shard here: each is a run of its own
HASHES_PER_RANGE = 4  # of each kind in a run, so that hardly any range is empty
READS_PER_RANGE = 3  # starts and two columns
SECONDS = 3e-3  # CPU time of a request to Cloud Storage: 16 threads, HTTP without TLS, on a busy machine


def requests(sizes: Sequence[int], larger: Sequence[int]) -> Iterator[Figure]:
    """Counts requests at some numbers of rows; those of larger ones follow from the reads that are planned."""
    share = 1.0
    for rows in sorted(sizes):
        job = job_of(rows)
        counted = count_requests(job)
        every = sum(counted.values())
        share = every / planned_reads(job)
        yield Figure(f"{_size(rows)}: {job.runs} runs, {job.parts} ranges: reads", counted["open"], "requests")
        yield from _figures(rows, job, every)
    for rows in larger:
        job = job_of(rows)
        yield from _figures(rows, job, share * planned_reads(job), ", planned")


def _figures(rows: int, job: Counting, every: float, how: str = "") -> Iterator[Figure]:
    yield Figure(f"{_size(rows)}: all requests{how}", every, "requests")
    ratio = every / (job.runs * np.log2(job.runs + 1))
    yield Figure(f"{_size(rows)}: by runs x log2(runs + 1){how}", ratio, "requests")
    yield Figure(f"{_size(rows)}: CPU time of all requests{how}", every * SECONDS / 3600, "vCPU-hours")


def job_of(rows: int) -> Counting:
    """The count pass of a corpus of so many rows in remote storage."""
    import pyarrow as pa

    from bench.counted_files import ROOT
    from filters import RareNgram
    from pipeline.counting import counting
    from pipeline.engines.progress import Meter
    from pipeline.files import Output
    from pipeline.inputs import Source
    from pipeline.storage.plan import Plan, Shard

    source, total = Source(0, "crawl", "crawl", 0, 0), -(-rows // ROWS_PER_RUN)
    shards = (Shard(number, total, source, number, ROWS_PER_RUN, False) for number in range(total))
    plan = Plan(tuple(shards), pa.schema([]), True, {})
    return counting(Output(f"{ROOT}{rows}"), plan, "uncased", RareNgram(top_k=1), Meter(None))


def planned_reads(job: Counting) -> int:
    """Number of reads of all merges, where no range is empty."""
    return READS_PER_RANGE * sum(
        len(merging.kinds) * merging.levels.ranges(level) * len(merging.levels.sources(merge))
        for merging in (job.of_runs, job.of_parts)
        for level in range(1, merging.levels.depth + 1)
        for merge in merging.levels.merges(level)
        if merge.range == 0
    )


def count_requests(job: Counting) -> dict[str, int]:
    """Number of requests by operation, from the runs of the groups to the summary."""
    from bench.count_stages import merge_in_order
    from bench.counted_files import FILES, REQUESTS

    distinct = [_write_runs(job, number) for number in range(job.runs)]
    REQUESTS.clear()
    merge_in_order(distinct, job)
    FILES.clear()
    return dict(REQUESTS)


def _write_runs(job: Counting, number: int) -> int:
    from pipeline.storage.runs import RUNS, pair_run, run_name, write_ranges
    from vocab.counting import count

    hashes = np.random.default_rng(number).integers(0, 1 << 64, (2, HASHES_PER_RANGE * job.parts), np.uint64)
    runs = {"ngrams": count(hashes[0].copy()), "pairs": pair_run(*hashes), "keys": count(hashes[1].copy())}
    for kind, columns in runs.items():
        write_ranges(job.output, run_name(RUNS, kind, number), columns, job.parts)
    return len(hashes[0])


def _size(rows: int) -> str:
    return f"{rows / 1e6:,.0f} M rows"
