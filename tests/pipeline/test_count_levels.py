"""Pass 2 in levels: the bytes of one level, in Beam's order, and after a failure at any file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from unittest import mock

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from bench.count_stages import count_in_order
from filters import RareNgram
from pipeline import counting
from pipeline.count import CountCorpus
from pipeline.counting import SUMMARY, Counting, forget_lost_runs, is_counted
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.storage.groups import Group
from pipeline.storage.runs import COUNTS, PARTS, RUNS
from tests.pipeline.test_count import write_shard

RUNS_IN_TEST, RULE = 5, RareNgram(top_k=9)


@pytest.fixture
def groups(tmp_path: Path) -> list[Group]:
    words = ["red", "blue", "circle", "square"]
    pairs = [(f"image {n % 7}", f"{words[n % 4]} {words[n % 3]} {n % 11}") for n in range(50)]
    output = Output(str(tmp_path / "levels"))
    return [(n, (write_shard(output, n, pairs[10 * n : 10 * n + 10]),)) for n in range(RUNS_IN_TEST)]


@pytest.fixture
def job(tmp_path: Path) -> Counting:
    return Counting(Output(str(tmp_path / "levels")), "uncased", RULE, True, RUNS_IN_TEST, 4, Meter(None))


@pytest.fixture
def counts(groups: list[Group], job: Counting) -> dict[str, bytes]:
    """The counts of runs that are merged at once, which tests of pass 2 compare with a naive reference."""
    count_in_order(groups, job)
    found = files(job)
    assert len(found) == 6
    for folder in (COUNTS, PARTS, RUNS):
        job.output.remove(job.output.path(folder))
    return found


@pytest.fixture(autouse=True)
def levels(counts: dict[str, bytes]) -> Iterator[None]:
    with mock.patch.object(counting, "MOST_MERGED", 2):  # three levels of runs, two of parts
        yield


def files(job: Counting) -> dict[str, bytes]:
    return {name: Path(job.output.path(name)).read_bytes() for name in job.output.names(COUNTS)}


def test_levels_leave_the_bytes_of_one_level(groups: list[Group], job: Counting, counts: dict[str, bytes]) -> None:
    with beam.Pipeline(runner=FnApiRunner()) as root:
        root | "Groups" >> beam.Create(groups) | CountCorpus(job)
    assert files(job) == counts
    assert {"work/parts/pairs-4-00001-00003", "work/parts/texts-of-2-00001-00001"} <= {*job.output.names(PARTS)}


def test_a_failed_pass_goes_on_at_any_file(
    groups: list[Group], job: Counting, counts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, left = Output.write, 0

    @contextmanager
    def failing(output: Output, name: str) -> Iterator[BinaryIO]:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError("the disk is full")
        with write(output, name) as file:
            yield file

    monkeypatch.setattr(Output, "write", failing)
    for attempt in range(3, 40):
        left = attempt
        forget_lost_runs(job)
        with suppress(OSError):
            count_in_order(groups, job)
            break
    assert attempt > 15 and is_counted(job.output)
    assert files(job) == counts


@pytest.mark.parametrize("lost", ["pairs-4-00001-00003", "images-of-2-00000-00001"])
def test_a_block_that_lost_a_file_is_merged_again(
    groups: list[Group], job: Counting, counts: dict[str, bytes], lost: str
) -> None:
    count_in_order(groups, job)
    whole = job.output.names(PARTS)
    for name in (f"{PARTS}/{lost}", *(name for name in whole if name.endswith(".json")), SUMMARY):
        job.output.remove(job.output.path(name))
    forget_lost_runs(job)
    count_in_order(groups, job)
    assert job.output.names(PARTS) == whole
    assert files(job) == counts
