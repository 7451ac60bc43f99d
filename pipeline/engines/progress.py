"""Progress of a pass: workers append finished work to a file, and a thread of the parent sums it up and shows it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event, Thread

import numpy as np
from tqdm import tqdm

from vocab.minutes import MINUTE, Minutes, rate, time_left

FORM = "{desc}: {percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"
_STEP = np.dtype([("pairs", "<i8"), ("work", "<i8")])


@dataclass(frozen=True)
class Meter:
    """A local file of steps; without a path (another runner shows its own progress) it counts nothing."""

    path: str | None
    unit: str = "pairs"

    def add(self, pairs: int, work: int = 0) -> None:
        """Notes finished pairs, and finished work in the unit of the pass. Safe between processes."""
        if self.path is None:
            return
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, np.array([(pairs, work)], _STEP).tobytes())  # one small append is atomic
        finally:
            os.close(file)

    def total(self) -> tuple[int, int]:
        """Pairs and work finished so far."""
        if self.path is None or not os.path.exists(self.path):
            return 0, 0
        steps = np.fromfile(self.path, _STEP)
        return int(steps["pairs"].sum()), int(steps["work"].sum())

    @contextmanager
    def shown(self, name: str, work: int, in_bytes: bool = False) -> Iterator[None]:
        """Shows the pass `name`, which has `work` to do, while the block runs, and prints a line at the end.

        It shows a bar on a terminal, else a line a minute.
        """
        if self.path is not None and os.path.exists(self.path):
            os.remove(self.path)
        minutes = Minutes()
        with nullcontext() if self.path is None else _progress(Pass(self, name, max(work, 1), in_bytes), minutes):
            yield
        seconds = minutes.passed()
        if self.path is None:
            print(f"{name}: {seconds:.1f} s", file=sys.stderr, flush=True)
            return
        pairs, _ = self.total()
        speed = f", {pairs / seconds:,.0f} {self.unit}/s" if pairs else ""
        print(f"{name}: {pairs:,} {self.unit} in {seconds:.1f} s{speed}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Pass:
    """A pass that a meter follows: its name and its work, in bytes or in a unit of its own."""

    meter: Meter
    name: str
    work: int
    in_bytes: bool = False

    def amounts(self, pairs: int, done: int) -> str:
        """Finished pairs, and the bytes of all where work is counted in bytes."""
        amount = f"{pairs:,} {self.meter.unit}"
        return f"{done / 1e6:,.1f} of {self.work / 1e6:,.1f} MB, {amount}" if self.in_bytes else amount

    def line(self, seconds: float) -> str:
        """A line for after so many seconds: the share of the work that is done, the rate, and the time left."""
        pairs, done = self.meter.total()
        share, left = f"{min(done / self.work, 1):.0%}", time_left(seconds, done, self.work)
        says = share, self.amounts(pairs, done), rate(pairs, self.meter.unit, seconds), left
        return f"{self.name}: {', '.join(filter(None, says))}"


@contextmanager
def _progress(shown: Pass, minutes: Minutes) -> Iterator[None]:
    if sys.stderr.isatty():
        with tqdm(desc=shown.name, total=shown.work, bar_format=FORM, leave=False, dynamic_ncols=True) as bar:
            _move(bar, shown)
            with _repeated(lambda: _move(bar, shown), 0.25):
                yield
            _move(bar, shown)
    else:
        with _repeated(lambda: print(shown.line(minutes.passed()), file=sys.stderr, flush=True), MINUTE):
            yield


def _move(bar: tqdm, shown: Pass) -> None:
    pairs, done = shown.meter.total()
    bar.n = min(done, shown.work)
    bar.set_postfix_str(shown.amounts(pairs, done))


@contextmanager
def _repeated(show: Callable[[], None], seconds: float) -> Iterator[None]:
    """Calls `show` every so many seconds while the block runs."""
    stop = Event()

    def follow() -> None:
        while not stop.wait(seconds):
            show()

    thread = Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
