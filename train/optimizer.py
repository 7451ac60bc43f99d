"""The optimiser, and its rate at each step."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
from keras import ops

from train.config import Train
from train.lamb import EXCLUDED, Lamb

MOMENTUM = 0.9
_STOCK = {"adam": keras.optimizers.AdamW, "sgd": partial(keras.optimizers.SGD, momentum=MOMENTUM)}


class WarmUpAndDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A rate that rises linearly to `peak` over `warmup_steps`, and falls linearly to 0 at `steps` (section 5.1)."""

    def __init__(self, peak: float, warmup_steps: int, steps: int) -> None:
        self.peak, self.warmup_steps, self.steps = peak, warmup_steps, steps

    def __call__(self, step: Any) -> Any:
        """The rate of a step, counted from 0."""
        step = ops.cast(step, "float32")
        rising = (step + 1) / max(self.warmup_steps, 1)
        falling = (self.steps - step) / (self.steps - self.warmup_steps)
        return self.peak * ops.minimum(ops.minimum(rising, falling), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Settings that rebuild the schedule."""
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "steps": self.steps}


def make_optimizer(settings: Train) -> keras.optimizers.Optimizer:
    """The optimiser of a run. Half precision scales the loss."""
    chosen = settings.optimizer
    rate = WarmUpAndDecay(chosen.learning_rate, chosen.warmup_steps, settings.steps)
    if chosen.name == "lamb":
        made = Lamb(rate, decay=chosen.weight_decay)
    else:
        made = _STOCK[chosen.name](rate, weight_decay=chosen.weight_decay)
        made.exclude_from_weight_decay(var_names=list(EXCLUDED))
    return keras.optimizers.LossScaleOptimizer(made) if settings.precision == "mixed_float16" else made
