"""Figures and their bars, printed as the rows of a Markdown table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.page.axes import three_digits

HEADER = "| what | measured | bar | |\n|---|---|---|---|"


@dataclass(frozen=True)
class Figure:
    """A measured number and, if set, the bar it has to keep: at most, or at least."""

    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Returns whether it keeps its bar; true without one."""
        over = self.at_most is not None and self.value > self.at_most
        return not over and (self.at_least is None or self.value >= self.at_least)

    def __str__(self) -> str:
        cells = [self.what, f"{three_digits(self.value)} {self.unit}".rstrip(), self._bar(), self._verdict()]
        return f"| {' | '.join(cells)} |"

    def _bar(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return "" if self.at_least is None else f"at least {self.at_least:g}"

    def _verdict(self) -> str:
        return ("met" if self.holds else "**missed**") if self._bar() else ""


@dataclass(frozen=True)
class NotMeasured:
    """A figure that there isn't, and why; it fails the bench unless it `holds`."""

    what: str
    why: str
    holds: bool = True

    def __str__(self) -> str:
        return f"| {self.what} | not measured: {self.why} | | |"


def show(figures: Iterable[Figure | NotMeasured]) -> bool:
    """Prints figures as they come; returns whether all of them hold."""
    print(f"{machine()}\n\n{HEADER}", flush=True)
    holds = True
    for figure in figures:
        print(figure, flush=True)
        holds &= figure.holds
    return holds


def machine() -> str:
    """The processor and the number of cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else 'unknown processor'}, {os.cpu_count()} cores"


def median(values: Sequence[float]) -> float:
    """The middle value; the lower of two."""
    return sorted(values)[(len(values) - 1) // 2]
