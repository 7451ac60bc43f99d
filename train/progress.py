"""Progress of a training: a bar on a terminal, else a line a minute."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

from train.log import Row
from vocab.minutes import Clock, Minutes, rate, time_left


class Progress:
    """Progress of a run from `step` of `steps`, with the rate and the time left."""

    def __init__(self, step: int, steps: int, batch: int, clock: Clock = time.monotonic) -> None:
        self.begun, self.steps, self.batch = step, steps, batch
        self.bar = tqdm(desc="fit", initial=step, total=steps, unit=" steps", dynamic_ncols=True, disable=None)
        self.minutes, self.first, self.seconds = Minutes(clock), True, 0.0

    def begin_step(self) -> None:
        """Reports the first step, which TensorFlow traces and compiles."""
        if self.first:
            self.say("fit: tracing the first step, which takes longer than the others")

    def end_step(self, row: Row, seconds: float) -> None:
        """Moves the bar to a step; without a bar, prints a line each minute and for the last step.

        Several steps may have been done since the last call, in `seconds` of training alone.
        """
        self.bar.update(row.step - self.bar.n)
        if self.first:
            self._traced(row.step, seconds)
        else:
            self.seconds += seconds
        if self.bar.disable and (self.minutes.due() or row.step == self.steps):
            self.say(self.line(row))

    def _traced(self, step: int, seconds: float) -> None:
        """Rates count from here on."""
        self.say(f"fit: traced in {seconds:.1f} s")
        self.first, self.begun, self.minutes = False, step, Minutes(self.minutes.clock)

    def logged(self, row: Row, speed: float | None) -> None:
        """Shows a logged row beside the bar; `speed` is in pairs per second, if it is known."""
        says = f"loss {row.loss:.3f}, temperature {row.temperature:.4f}"
        self.bar.set_postfix_str(says if speed is None else f"{says}, {speed:,.0f} pairs/s")

    def line(self, row: Row) -> str:
        """The step with its loss, the rate of training since tracing, and the time left, with what else takes time."""
        done, passed = row.step - self.begun, self.minutes.passed()
        says = f"fit: step {row.step:,} of {self.steps:,}, loss {row.loss:.3f}"
        left = time_left(passed, done, self.steps - self.begun) if row.step < self.steps else ""
        return ", ".join(filter(None, (says, rate(done * self.batch, "pairs", self.seconds), left)))

    def close(self) -> None:
        """Ends the bar."""
        self.bar.close()

    def say(self, line: str) -> None:
        """Prints a line on stderr, above the bar if there is one."""
        tqdm.write(line, file=sys.stderr)
        sys.stderr.flush()
