"""The bench of a GPU, where there is none: what it says, and that it ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from bench import device, device_case
from bench.cli import BENCH
from bench.device_case import TOO_LARGE, Case, measured
from bench.figures import Figure, NotMeasured, show
from bench.measure import CommandFailed, Usage, measure, python

pytestmark = pytest.mark.slow

FOUND = {"first": 3.0, "step": 0.5, "peak": 2e9}


def rows(monkeypatch: pytest.MonkeyPatch, case: Callable[[Case, float], str], minutes: float = 5) -> list[Any]:
    """Returns the figures of the cases, each from what `case` returns or raises in place of a process."""

    def ran(*command: str, seconds: float) -> Usage:
        return Usage(1.0, 1.0, 0, case(Case(**json.loads(command[-1])), seconds))

    monkeypatch.setattr(device, "measure", ran)
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda devices, kind: None)  # for this process' life
    monkeypatch.setattr(device, "input_rate", lambda repeats, pairs: iter(()))
    return list(device.device(64, minutes, tiny=True))


def test_without_a_gpu_one_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert BENCH.call(["device"]) == 1
    line = "bench: device: TensorFlow sees no GPU here; --tiny tries the script on the CPU"
    assert capsys.readouterr().err.splitlines() == [line]


def test_each_case_has_the_time_that_is_left_and_xla_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def case(given: Case, seconds: float) -> str:
        seen.append((given, seconds))
        return f"a warning\n{json.dumps(FOUND)}\n"

    found = rows(monkeypatch, case)
    assert [given.jit for given, _ in seen] == [False] * 4 + [True]
    assert all(0 < seconds <= 300 for _, seconds in seen)
    assert [figure.value for figure in found] == [3.0, 500.0, 128.0, 2.0] * 5
    names = {figure.what.partition(": ")[0] for figure in found}
    assert names == {f"toy, batches of 64, {way}" for way in ("plain", "4 pieces", "deterministic", "16 pieces", "XLA")}


def test_a_case_without_figures_is_told_in_words_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def case(given: Case, seconds: float) -> str:
        if given.pieces == 4:
            return json.dumps({"failed": TOO_LARGE})
        if given.pieces == 16:
            raise subprocess.TimeoutExpired("python", 7)
        if given.jit:
            raise CommandFailed('python -m bench.device_case {"jit": true}: ValueError: no {such}: operation')
        return json.dumps(FOUND)

    found = rows(monkeypatch, case)
    words = [row for row in found if isinstance(row, NotMeasured)]
    assert [(row.what.rpartition(", ")[2], row.holds) for row in words] == [
        ("4 pieces", True), ("16 pieces", True), ("XLA", False),
    ]  # fmt: skip
    assert words[0].why == TOO_LARGE and words[2].why == "ValueError: no {such}: operation"
    assert words[1].why.startswith("not done after ")
    assert len([row for row in found if isinstance(row, Figure)]) == 8
    assert not show(found) and show(words[:2])
    assert f"| toy, batches of 64, 4 pieces | not measured: {TOO_LARGE} | | |" in capsys.readouterr().out


def test_cases_that_are_not_begun_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def case(given: Case, seconds: float) -> str:
        raise AssertionError("begun")

    assert [row.why for row in rows(monkeypatch, case, minutes=0)] == ["the time was over"] * 5


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"),
        tf.errors.InternalError(None, None, "RESOURCE_EXHAUSTED: Out of memory"),
    ],
)
def test_a_step_too_large_for_the_memory_is_said(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_case, "_seconds", lambda *_: (_ for _ in ()).throw(error))
    assert measured(Case("toy", 64)) == {"failed": TOO_LARGE}
    monkeypatch.setattr(device_case, "_seconds", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        measured(Case("toy", 64))


def test_a_case_is_measured() -> None:
    found = measured(Case("toy", 4, stand_in=True))
    assert found["first"] > found["step"] > 0 and found["peak"] is None


def test_a_command_over_its_time_is_killed_with_what_it_started() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)"
    with pytest.raises(subprocess.TimeoutExpired):
        measure(*python("-c", f"{child.replace('input()', 'import time; time.sleep(600)')}"), seconds=2)
