"""Progress of a pass: workers append finished work to a file, and a thread of the parent sums it up and shows it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

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
        """Shows the pass `name`, which has `work` to do, while the block runs; one line where there is no terminal."""
        if self.path is not None and os.path.exists(self.path):
            os.remove(self.path)
        begin = time.monotonic()
        if self.path is not None and sys.stderr.isatty():
            with _Bar(self, name, work, in_bytes):
                yield
        else:
            yield
        seconds = time.monotonic() - begin
        if self.path is None:
            print(f"{name}: {seconds:.1f} s", file=sys.stderr, flush=True)
            return
        pairs, _ = self.total()
        rate = f", {pairs / seconds:,.0f} {self.unit}/s" if pairs else ""
        print(f"{name}: {pairs:,} {self.unit} in {seconds:.1f} s{rate}", file=sys.stderr, flush=True)


class _Bar:
    """A progress bar that follows a meter: the share of the work that is done, what that is, and the time left."""

    FORM = "{desc}: {percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"

    def __init__(self, meter: Meter, name: str, work: int, in_bytes: bool) -> None:
        self.meter, self.work, self.in_bytes = meter, max(work, 1), in_bytes
        self.bar = tqdm(desc=name, total=self.work, bar_format=self.FORM, leave=False, dynamic_ncols=True)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        self._show()
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()
        self._show()
        self.bar.close()

    def _follow(self) -> None:
        while not self.stop.wait(0.25):
            self._show()

    def _show(self) -> None:
        pairs, done = self.meter.total()
        self.bar.n = min(done, self.work)
        self.bar.set_postfix_str(amounts(pairs, self.meter.unit, done, self.work if self.in_bytes else None))


def amounts(pairs: int, unit: str, done: int, size: int | None) -> str:
    """Finished pairs, and the bytes of `size` where work is counted in bytes."""
    return f"{pairs:,} {unit}" if size is None else f"{done / 1e6:,.1f} of {size / 1e6:,.1f} MB, {pairs:,} {unit}"
