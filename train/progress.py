"""Progress of a training: a bar on a terminal, else a line at each checkpoint."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

from train.log import Row


class Progress:
    """Progress of a run. Speed is in pairs per second, since the last call."""

    def __init__(self, step: int, steps: int, batch: int) -> None:
        self.steps, self.batch = steps, batch
        self.bar = tqdm(desc="fit", initial=step, total=steps, unit=" steps", dynamic_ncols=True, disable=None)
        self.since, self.from_step = time.monotonic(), step

    def tracing(self) -> None:
        """Shows that the first step is traced and compiled by TensorFlow, which takes longer than the others."""
        says = "tracing the first step"
        if self.bar.disable:
            print(f"fit: {says}", file=sys.stderr, flush=True)
        else:
            self.bar.set_postfix_str(says)

    def speed(self, step: int) -> float:
        """Pairs per second up to `step`."""
        now = time.monotonic()
        pairs = (step - self.from_step) * self.batch
        rate = pairs / max(now - self.since, 1e-9)
        self.since, self.from_step = now, step
        return rate

    def logged(self, row: Row, speed: float) -> None:
        """Shows a logged row beside the bar."""
        self.bar.set_postfix_str(f"loss {row.loss:.3f}, temperature {row.temperature:.4f}, {speed:,.0f} pairs/s")

    def saved(self, row: Row) -> None:
        """Reports that a step's state was saved, if there is no bar."""
        if self.bar.disable:
            says = f"fit: step {row.step:,} of {self.steps:,}, loss {row.loss:.3f}, temperature {row.temperature:.4f}"
            print(says, file=sys.stderr, flush=True)
