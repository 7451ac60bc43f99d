"""Requests of pass 2 to remote storage, counted at three sizes: they grow with rows times their logarithm."""

from __future__ import annotations

from math import log2

import pytest

from bench.requests import count_requests, job_of, planned_reads
from pipeline import counting

SIZES = (8_000_000, 32_000_000, 64_000_000)  # 4, 16 and 32 runs


def counted(rows: int) -> tuple[int, int]:
    """Number of runs, and of requests."""
    job = job_of(rows)
    requests = count_requests(job)
    assert 0.9 < requests["open"] / planned_reads(job) < 1.2  # some ranges are empty, and small files are read whole
    return job.runs, sum(requests.values())


def test_requests_grow_with_rows_and_their_logarithm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_MERGED_REMOTE", 4)
    by_logarithm = [requests / (runs * log2(runs)) for runs, requests in map(counted, SIZES)]
    assert max(by_logarithm) < 1.2 * by_logarithm[0]


def test_requests_of_one_level_grow_with_the_square() -> None:
    """Requests without levels grow with the square: the count shows it."""
    few, many = (counted(rows)[1] for rows in SIZES[:2])
    assert many > 12 * few


def test_ten_times_a_billion_rows_need_few_more_requests_each() -> None:
    billion, more = (planned_reads(job_of(rows)) for rows in (10**9, 10**10))
    assert billion < 400_000 and more < 20 * billion
