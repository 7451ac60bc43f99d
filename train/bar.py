"""Progress of passes over pictures: a bar on a terminal, else a line a minute."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol, Self

from tqdm import tqdm

from vocab.minutes import Clock, Lines


class Bar(Protocol):
    """Counts finished units, and shows them while the block runs."""

    def update(self, count: int = 1) -> object:
        """Counts more units."""

    def close(self) -> None:
        """Ends the bar."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> object: ...


def progress_bar(
    name: str, total: int | None, unit: str, done: int = 0, leave: bool = True, clock: Clock = time.monotonic
) -> Bar:
    """The progress of `total` units, if that is known, of which `done` were finished before.

    A bar is left on the terminal unless told otherwise; `clock` is that of the lines.
    """
    if not sys.stderr.isatty():
        return Lines(name, total, unit, done, clock)
    bar: Bar = tqdm(desc=name, initial=done, total=total, unit=f" {unit}", leave=leave, dynamic_ncols=True)
    return bar
