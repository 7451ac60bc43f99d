"""VTAB's protocol for any learner: trials on a few pictures, the best of them on a few more, and the test set once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.transfer.config import GROUPS, Groups, Vtab


@dataclass(frozen=True)
class Trial:
    """Values drawn from the settings' ranges."""

    learning_rate: float
    weight_decay: float
    steps: int

    def __str__(self) -> str:
        return f"rate {self.learning_rate:.2g}, decay {self.weight_decay:.2g}, {self.steps:,} steps"


Learn = Callable[[Trial, np.ndarray], float]  # trains on the pictures at these indices; returns the trial's accuracy
Note = Callable[[int, float], None]  # records a trial's number and accuracy


def draw_trials(settings: Vtab, seed: int) -> list[Trial]:
    """The trials of every set; fewer trials are the first of more."""
    random = np.random.default_rng(seed)
    return [_draw(random, settings) for _ in range(settings.trials)]


def _draw(random: np.random.Generator, settings: Vtab) -> Trial:
    ranges = (settings.learning_rate, settings.weight_decay, settings.steps)
    rate, decay, steps = (math.exp(random.uniform(math.log(low), math.log(high))) for low, high in ranges)
    return Trial(rate, decay, round(steps))


@dataclass(frozen=True)
class Parts:
    """Indices of the pictures for training trials, and for measuring them, int (n,) each."""

    training: np.ndarray
    validation: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """The best trial's training pictures."""
        return np.concatenate([self.training, self.validation])


def parts_of(order: np.ndarray, settings: Vtab) -> Parts:
    """The first indices of a random `order`. Raises ValueError if there are too few."""
    wanted = settings.training + settings.validation
    if len(order) < wanted:
        raise ValueError(f"{len(order):,} images to train on; transfer.vtab takes {wanted:,} of training, validation")
    return Parts(order[: settings.training], order[settings.training : wanted])


def search(trials: Sequence[Trial], known: Sequence[float], run: Callable[[Trial], float], note: Note) -> int:
    """Runs the trials whose accuracy isn't `known` yet, and records each; returns the best one's number; ties take the
    first.
    """
    accuracies = list(known)
    for number in range(len(known), len(trials)):
        accuracies.append(run(trials[number]))
        note(number, accuracies[-1])
    return int(np.argmax(accuracies))


def means(accuracies: Mapping[str, float], groups: Groups) -> dict[str, float]:
    """Means over all sets, and over those of each group that has any."""
    found = {"all": float(np.mean(list(accuracies.values())))}
    for group in GROUPS:
        if own := [accuracy for task, accuracy in accuracies.items() if groups.of(task) == group]:
            found[group] = float(np.mean(own))
    return found
