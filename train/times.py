"""The time that a training took, over all its sessions, and the machine.

Both are in a file of their own, since they differ between runs that are otherwise the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import tensorflow as tf

from train.files import atomic_write, damaged_named
from train.hardware import hardware
from vocab.minutes import Clock

FILE = "timing.json"
MOST_RATES = 1000
TRAINING, TRACING, MEASURING, SAVING = PARTS = ("training", "tracing", "measuring", "saving")


@dataclass(frozen=True)
class Rate:
    """The rate of training up to a logged step."""

    step: int
    pairs_per_second: float


@dataclass(frozen=True)
class Times:
    """Seconds by part; the pairs of the steps in `training`, which are all but the first of each session; the number
    of sessions, the machine of the last one, and rates on the way.

    A killed session counts up to its last checkpoint or measurement; steps that are made again count again.
    """

    seconds: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    pairs: int = 0
    sessions: int = 0
    machine: Mapping[str, Any] = field(default_factory=dict)
    rates: tuple[Rate, ...] = ()

    @property
    def wall(self) -> float:
        """Seconds of all parts."""
        return sum(self.seconds.values())

    @property
    def pairs_per_second(self) -> float | None:
        """The rate of training, without tracing, measuring and saving; None if no step was timed."""
        return self.pairs / self.seconds[TRAINING] if self.pairs and self.seconds[TRAINING] else None


NO_TIMES = Times()


class Stopwatch:
    """Adds the time of a session to those before it. A lap is the time since the last one."""

    def __init__(self, output: str, clock: Clock = time.monotonic) -> None:
        self.path, self.clock = f"{output}/{FILE}", clock
        before = read_times(self.path)
        self.times = replace(before, sessions=before.sessions + 1, machine=hardware())
        self.since = clock()
        self.told = self.times

    def lap(self, part: str, pairs: int = 0) -> float:
        """Adds a lap to `part`, with the pairs that were trained on in it; returns its seconds."""
        now = self.clock()
        lap, self.since = now - self.since, now
        seconds = {**self.times.seconds, part: self.times.seconds[part] + lap}
        self.times = replace(self.times, seconds=seconds, pairs=self.times.pairs + pairs)
        return lap

    def speed(self) -> float | None:
        """Pairs per second of training since the last call; None if no step was timed since."""
        before, self.told = self.told, self.times
        pairs, seconds = self.times.pairs - before.pairs, self.times.seconds[TRAINING] - before.seconds[TRAINING]
        return pairs / seconds if pairs and seconds else None

    def rate(self, step: int) -> float | None:
        """The same, noted as the rate up to `step`, in place of rates of steps that are made again."""
        speed = self.speed()
        if speed is not None:
            earlier = (rate for rate in self.times.rates if rate.step < step)
            self.times = replace(self.times, rates=thinned((*earlier, Rate(step, speed))))
        return speed

    def save(self) -> None:
        """Writes the times via a temporary file."""
        with atomic_write(self.path, "w") as file:
            file.write(json.dumps(asdict(self.times), indent=1) + "\n")


def read_times(path: str) -> Times:
    """The times in a file; none if it doesn't exist."""
    if not tf.io.gfile.exists(path):
        return NO_TIMES
    with damaged_named(path), tf.io.gfile.GFile(path) as file:
        held = json.loads(file.read())
        seconds = {part: float(held["seconds"][part]) for part in PARTS}
        return Times(**{**held, "seconds": seconds, "rates": tuple(Rate(**rate) for rate in held.get("rates", ()))})


def thinned(rates: tuple[Rate, ...]) -> tuple[Rate, ...]:
    """The means of each two neighbours, at the later one's step, once there are over `MOST_RATES`."""
    if len(rates) <= MOST_RATES:
        return rates
    twos = zip(rates[::2], rates[1::2], strict=False)
    means = (Rate(late.step, (early.pairs_per_second + late.pairs_per_second) / 2) for early, late in twos)
    return (*means, *rates[len(rates) - len(rates) % 2 :])
