"""Progress where there is no terminal: a line a minute, with the rate and the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Self

MINUTE = 60.0  # seconds between two lines
Clock = Callable[[], float]  # seconds since any moment


class Minutes:
    """Counts the time since the start, and whether a minute has passed since the last line."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self.start = self.last = clock()

    def passed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.start

    def due(self) -> bool:
        """Returns whether a line may be printed now, and if so counts it as printed."""
        now = self.clock()
        if now - self.last < MINUTE:
            return False
        self.last = now
        return True


class Lines:
    """Stands in for a progress bar: a line a minute on stderr, of `total` units if that is known.

    `done` of them were finished before the start, and don't count for the rate.
    """

    def __init__(self, name: str, total: int | None, unit: str, done: int = 0, clock: Clock = time.monotonic) -> None:
        self.name, self.total, self.unit = name, total, unit
        self.begun = self.done = done
        self.minutes = Minutes(clock)

    def update(self, count: int = 1) -> None:
        """Counts finished units; prints a line if one is due."""
        self.done += count
        if self.minutes.due():
            print(self, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is left to show."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __str__(self) -> str:
        new, passed = self.done - self.begun, self.minutes.passed()
        amount = f"{self.done:,} {self.unit}" if self.total is None else f"{self.done:,} of {self.total:,} {self.unit}"
        left = "" if self.total is None else time_left(passed, new, self.total - self.begun)
        return ", ".join(filter(None, (f"{self.name}: {amount}", rate(new, self.unit, passed), left)))


def rate(count: float, unit: str, seconds: float) -> str:
    """A rate such as `1,234 pairs/s`, with a decimal under 10; empty if nothing is finished."""
    if count <= 0 or seconds <= 0:
        return ""
    value = count / seconds
    return f"{value:,.0f} {unit}/s" if value >= 9.95 else f"{value:.2g} {unit}/s"


def time_left(seconds: float, done: float, work: float) -> str:
    """The time that the rest of `work` takes at the rate so far, such as `3.0 min left`; empty if nothing is done."""
    return f"{duration(seconds * max(work - done, 0) / done)} left" if done > 0 else ""


def duration(seconds: float) -> str:
    """A time in the unit that fits it: `59.9 s`, `1.0 min`, `2.5 h`."""
    size, unit = (1, "s") if seconds < 60 else (60, "min") if seconds < 3600 else (3600, "h")
    return f"{seconds / size:,.1f} {unit}"
