"""Momentum SGD for a classifier, slower in the image tower, and its rate at each step."""

from __future__ import annotations

from typing import Any

import keras
from keras.optimizers import schedules

from train.lamb import EXCLUDED
from train.transfer.config import Classification

HEAD = "head"  # the layer outside the image tower


class SlowTower(keras.optimizers.SGD):  # type: ignore[misc]
    """SGD with `tower_rate` times the rate for all but the head; gradients include `decay` times the weight.

    Biases and the variables of normalisations are not decayed. Weights change once per `pieces` pieces of a batch.
    """

    def __init__(self, learning_rate: Any, momentum: float, tower_rate: float, decay: float, pieces: int = 1) -> None:
        several = pieces if pieces > 1 else None
        super().__init__(learning_rate, momentum=momentum, gradient_accumulation_steps=several)
        self.tower_rate, self.decay = tower_rate, decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one variable."""
        known = self._trainable_variables[self._get_variable_index(variable)]
        if self.decay and known.name not in EXCLUDED:
            gradient = gradient + self.decay * variable
        share = 1.0 if known.path.split("/")[0] == HEAD else self.tower_rate
        super().update_step(gradient, variable, learning_rate * share)


def make_optimizer(settings: Classification, learning_rate: float, steps: int, pictures: float) -> SlowTower:
    """The optimiser of a phase of `steps`; `pictures` is the number of batches that hold all pictures once."""
    rate = schedule(settings, learning_rate, steps, pictures)
    pieces = settings.pieces
    return SlowTower(OfPieces(rate, pieces), settings.momentum, settings.tower_rate, settings.weight_decay, pieces)


class OfPieces(schedules.LearningRateSchedule):  # type: ignore[misc]
    """Converts a rate per step for Keras, which counts pieces."""

    def __init__(self, rate: schedules.LearningRateSchedule, pieces: int) -> None:
        self.rate, self.pieces = rate, pieces

    def __call__(self, piece: Any) -> Any:
        """The rate of a piece's step, both counted from 0."""
        return self.rate(piece // self.pieces)


def schedule(
    settings: Classification, learning_rate: float, steps: int, pictures: float
) -> schedules.LearningRateSchedule:
    """The rate of each step, counted from 0."""
    if settings.decay == "cosine":
        return schedules.CosineDecay(learning_rate, steps)
    stairs = range(1, int(steps / (settings.every * pictures)) + 2)
    ends = [round(stair * settings.every * pictures) - 1 for stair in stairs]  # the last step before each stair
    return schedules.PiecewiseConstantDecay(ends, [learning_rate * settings.factor**stair for stair in (0, *stairs)])
