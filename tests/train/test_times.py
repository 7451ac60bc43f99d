"""The time of a training by its parts and over its sessions, by a clock that the tests move; and the machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.clock import Clock
from train.hardware import hardware, processor
from train.log import Row
from train.progress import Progress
from train.times import FILE, MEASURING, SAVING, TRACING, TRAINING, Rate, Stopwatch, read_times, thinned

pytestmark = pytest.mark.slow


def session(output: Path, steps: int) -> Stopwatch:
    """A first step of 9 s, steps of 8 pairs and 2 s, a measurement of 5 s before the last, a checkpoint of 1 s."""
    clock = Clock()
    watch = Stopwatch(str(output), clock)
    clock.now += 9
    watch.lap(TRACING)
    for _ in range(steps):
        clock.now += 2
        watch.lap(TRAINING, 8)
    clock.now += 5
    watch.lap(MEASURING)
    clock.now += 1
    watch.lap(SAVING)
    watch.save()
    return watch


def test_the_rate_is_that_of_training_alone(tmp_path: Path) -> None:
    times = session(tmp_path, 3).times
    assert times.seconds == {TRACING: 9, TRAINING: 6, MEASURING: 5, SAVING: 1} and times.wall == 21
    assert (times.pairs, times.pairs_per_second, times.sessions) == (24, 4, 1)


def test_sessions_add_up(tmp_path: Path) -> None:
    session(tmp_path, 3)
    times = session(tmp_path, 1).times
    assert times.seconds == {TRACING: 18, TRAINING: 8, MEASURING: 10, SAVING: 2}
    assert (times.pairs, times.pairs_per_second, times.sessions) == (32, 4, 2)
    assert read_times(str(tmp_path / FILE)) == times


def test_a_session_that_saves_nothing_counts_nothing(tmp_path: Path) -> None:
    before = session(tmp_path, 1).times
    Stopwatch(str(tmp_path)).lap(TRACING)
    assert read_times(str(tmp_path / FILE)) == before


def test_no_step_has_no_rate(tmp_path: Path) -> None:
    watch = session(tmp_path, 0)
    assert watch.times.pairs_per_second is watch.speed() is None
    assert read_times(str(tmp_path / "none")).pairs_per_second is None


def test_speed_is_that_since_the_last_call(tmp_path: Path) -> None:
    clock = Clock()
    watch = Stopwatch(str(tmp_path), clock)
    speeds = []
    for seconds, part, pairs in (
        (9, TRACING, 0),
        (2, TRAINING, 8),
        (4, TRAINING, 8),
        (99, MEASURING, 0),
        (1, TRAINING, 8),
    ):
        clock.now += seconds
        watch.lap(part, pairs)
        if part != TRAINING or seconds != 2:
            speeds.append(watch.speed())
    assert speeds == [None, 16 / 6, None, 8]


def test_rates_are_noted_by_step_and_steps_made_again_replace_theirs(tmp_path: Path) -> None:
    clock = Clock()
    watch = Stopwatch(str(tmp_path), clock)
    assert watch.rate(1) is None and watch.times.rates == ()  # the first step is traced
    for step, seconds in ((10, 2), (20, 4), (30, 8), (20, 16)):
        clock.now += seconds
        watch.lap(TRAINING, 80)
        assert watch.rate(step) == 80 / seconds
    assert watch.times.rates == (Rate(10, 40), Rate(20, 5))
    watch.save()
    assert read_times(watch.path) == watch.times


@pytest.mark.parametrize(
    ("count", "steps"),
    [(1000, [1, 2, 999, 1000]), (1001, [2, 4, 1000, 1001]), (1002, [2, 4, 1000, 1002])],
)
def test_many_rates_are_thinned_to_means_of_two(count: int, steps: list[int]) -> None:
    found = thinned(tuple(Rate(step, step) for step in range(1, count + 1)))
    assert [rate.step for rate in (*found[:2], *found[-2:])] == steps
    assert found[0].pairs_per_second == (1 if count == 1000 else 1.5)


def test_the_machine_is_told_without_its_name(tmp_path: Path) -> None:
    machine = hardware()
    assert machine["cores"] == len(os.sched_getaffinity(0)) and machine["memory"] > 1e8
    assert os.uname().nodename not in json.dumps(machine) and machine["accelerators"] == {}
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nmodel name\t: other\n")
    assert processor(str(tmp_path / "cpuinfo")) == "Fast CPU @ 3 GHz"
    assert processor(str(tmp_path / "none")) != "Fast CPU @ 3 GHz"


# Lines without a terminal


def test_tracing_is_announced_and_progress_is_told_each_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """Steps of 10 s after one of 30 s: the sixth step after it is a minute later, and the last one is told."""
    clock = Clock()
    progress = Progress(100, 110, 8, clock)
    for step in range(101, 111):
        progress.begin_step()
        seconds = 30.0 if step == 101 else 10.0
        clock.now += seconds
        progress.end_step(Row(step, 5.0 - step / 100, 0.1, 0.01), seconds)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "fit: tracing the first step, which takes longer than the others",
        "fit: traced in 30.0 s",
        "fit: step 107 of 110, loss 3.930, 0.8 pairs/s, 30.0 s left",
        "fit: step 110 of 110, loss 3.900, 0.8 pairs/s",
    ]


def test_the_rate_leaves_out_what_is_no_training_and_the_time_left_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two steps of 10 s each, then 30 s of measuring, and so on."""
    clock = Clock()
    progress = Progress(0, 9, 8, clock)
    progress.end_step(Row(1, 5.0, 0.1, 0.01), 30.0)
    for step in (3, 5, 7, 9):
        clock.now += 20
        progress.end_step(Row(step, 4.0, 0.1, 0.01), 20.0)
        clock.now += 30
    assert capsys.readouterr().err.splitlines()[1:] == [
        "fit: step 5 of 9, loss 4.000, 0.8 pairs/s, 1.2 min left",
        "fit: step 9 of 9, loss 4.000, 0.8 pairs/s",
    ]


def test_a_bar_is_at_the_step_that_was_read_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of several steps are read at once."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = Progress(100, 140, 8, Clock())
    for step in (101, 110, 120, 140):
        progress.end_step(Row(step, 1.0, 0.1, 0.01), 1.0)
        assert progress.bar.n == step
    progress.close()
