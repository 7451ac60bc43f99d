"""Steps whose numbers weren't read yet: they stay on the device, so that the host need not wait for each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from train.devices import own_rows
from train.log import Row

MOST_NAMES = 100  # keys in a message


@dataclass
class Unread:
    """The steps since the last reading, each with its numbers and the keys of its batch."""

    strategy: tf.distribute.Strategy
    steps: list[tuple[int, dict[str, tf.Tensor], Any]] = field(default_factory=list)

    def add(self, step: int, values: dict[str, tf.Tensor], keys: Any) -> None:
        """Adds a step with its loss, temperature and rate, and the keys of its batch, a string tensor."""
        self.steps.append((step, values, keys))

    def read(self) -> list[tuple[Row, Any]]:
        """Waits for the steps, and forgets them: a row of each, in order, with the keys of its batch."""
        steps, self.steps = self.steps, []
        return [
            (Row(step, **{name: float(value) for name, value in values.items()}), keys) for step, values, keys in steps
        ]

    def names(self, keys: Any) -> str:
        """The keys of a batch, in one line: the first ones of a large one, and the number of the others."""
        found = [key.decode(errors="replace") for key in own_rows(keys, self.strategy)]
        others = f" and {len(found) - MOST_NAMES:,} more" if len(found) > MOST_NAMES else ""
        return ", ".join(found[:MOST_NAMES]) + others
