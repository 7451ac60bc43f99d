"""The steps after which a checkpoint is written."""

from __future__ import annotations

import time

import numpy as np
import tensorflow as tf

from train.config import Train
from train.devices import from_all_hosts, host
from vocab.minutes import MINUTE, Clock


class SavePoints:
    """Every so many steps, before each measurement, after the last step, and once so many minutes have passed.

    The time is looked at where a row is logged; of several hosts the first one's clock counts.
    """

    def __init__(self, settings: Train, strategy: tf.distribute.Strategy, clock: Clock = time.monotonic) -> None:
        self.settings, self.strategy, self.clock = settings, strategy, clock
        self.last = clock()

    def due(self, step: int) -> bool:
        """Returns whether the state after `step` steps is to be saved; time counts anew from there."""
        every, measured = self.settings.checkpoints.every, self.settings.evaluation.every
        due = step % every == 0 or step == self.settings.steps or (measured > 0 and step % measured == 0)
        if step % self.settings.log_every == 0 and self.settings.checkpoints.minutes:
            due = self._late() or due
        if due:
            self.last = self.clock()
        return due

    def _late(self) -> bool:
        late = self.clock() - self.last >= MINUTE * self.settings.checkpoints.minutes
        return bool(from_all_hosts(np.array([late]), self.strategy)[0, 0]) if host().of > 1 else late
