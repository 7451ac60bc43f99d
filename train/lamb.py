"""LAMB as published (You et al. 2020, algorithm 2): the decay is inside the trust ratio, where Keras' is outside."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

EXCLUDED = ("bias", "gamma", "beta")  # variables neither decayed nor scaled by the trust ratio


class Lamb(keras.optimizers.Optimizer):  # type: ignore[misc]
    """Adam's update plus the decay, scaled by the variable's length over the update's.

    Variables named in `excluded` get Adam's unscaled update, as in the authors' code.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        decay: float = 1e-5,
        excluded: tuple[str, ...] = EXCLUDED,
        name: str = "lamb",
        **others: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **others)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.decay, self.excluded = decay, tuple(excluded)

    def build(self, variables: list[Any]) -> None:
        """Makes the two moments of every variable."""
        if not self.built:
            super().build(variables)
            self.means = [self.add_variable_from_reference(variable, name="mean") for variable in variables]
            self.squares = [self.add_variable_from_reference(variable, name="square") for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one variable. An embedding's sparse gradient is made dense: the trust ratio needs all of it."""
        gradient = tf.convert_to_tensor(gradient)
        place, step = self._get_variable_index(variable), ops.cast(self.iterations + 1, "float32")
        mean, square = self.means[place], self.squares[place]
        self.assign(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
        self.assign(square, self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient))
        unbiased = mean / (1 - self.beta_1**step)
        update = unbiased / (ops.sqrt(square / (1 - self.beta_2**step)) + self.epsilon)
        rate = ops.cast(learning_rate, "float32")
        if self._trainable_variables[place].name not in self.excluded:
            update = update + self.decay * variable
            rate = rate * _trust_ratio(variable, update)
        self.assign_sub(variable, rate * update)

    def get_config(self) -> dict[str, Any]:
        """Settings that rebuild the optimiser."""
        names = ("beta_1", "beta_2", "epsilon", "decay", "excluded")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _trust_ratio(variable: Any, update: Any) -> Any:
    """The length of the variable over its update's length; 1 if either is 0."""
    size, change = (ops.sqrt(ops.sum(ops.square(values))) for values in (variable, update))
    return ops.where((size > 0) & (change > 0), size / ops.maximum(change, 1e-30), 1.0)
