"""A line a minute, with the rate and the time left, by clocks that the tests move."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from vocab.minutes import Lines, Minutes, duration, rate, time_left


def test_a_line_is_due_a_minute_after_the_last_one() -> None:
    clock, due = Clock(), []
    minutes = Minutes(clock)
    for clock.now in (1059.9, 1060, 1060.1, 1119.9, 1120, 1300, 1359.9, 1360):
        due.append(minutes.due())
    assert due == [False, True, False, False, True, True, False, True]
    assert minutes.passed() == 360


@pytest.mark.parametrize(
    ("total", "done", "says"),
    [
        (1000, 0, "embed: 250 of 1,000 pictures, 4.2 pictures/s, 3.0 min left"),
        (1000, 500, "embed: 750 of 1,000 pictures, 4.2 pictures/s, 1.0 min left"),
        (None, 0, "embed: 250 pictures, 4.2 pictures/s"),
    ],
)
def test_lines_have_rate_and_time_left(
    total: int | None, done: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Units that were done before the start count for neither."""
    clock = Clock()
    with Lines("embed", total, "pictures", done, clock) as lines:
        lines.update(249)
        clock.now += 60
        lines.update()
        lines.update(0)
    assert capsys.readouterr().err == f"{says}\n"


def test_nothing_done_has_neither() -> None:
    clock = Clock()
    lines = Lines("embed", 10, "pictures", clock=clock)
    clock.now += 60
    assert str(lines) == "embed: 0 of 10 pictures"


@pytest.mark.parametrize(
    ("count", "seconds", "says"),
    [(0, 9, ""), (9, 0, ""), (99, 10, "9.9 p/s"), (99.5, 10, "10 p/s"), (1e6, 1, "1,000,000 p/s")],
)
def test_rates_have_a_decimal_under_ten(count: float, seconds: float, says: str) -> None:
    assert rate(count, "p", seconds) == says


@pytest.mark.parametrize(
    ("done", "says"), [(0, ""), (1, "9.0 s left"), (9, "0.1 s left"), (10, "0.0 s left"), (11, "0.0 s left")]
)
def test_the_time_left_is_that_of_the_rest(done: int, says: str) -> None:
    assert time_left(1, done, 10) == says


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (60, "1.0 min"), (3599, "60.0 min"), (3600, "1.0 h"), (9e6, "2,500.0 h")],
)
def test_a_time_has_the_unit_that_fits(seconds: float, says: str) -> None:
    assert duration(seconds) == says
