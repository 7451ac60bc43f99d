"""A step: the gradients of a batch, and the update of the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from train.config import Train
from train.devices import replicas
from train.model import DualEncoder
from train.objective import Keys, Objective
from train.pieces import Batch, Gradients, LossOf, gradients_in_pieces


def training_step(
    model: DualEncoder,
    optimizer: keras.optimizers.Optimizer,
    objective: Objective,
    settings: Train,
    strategy: tf.distribute.Strategy,
) -> Callable[[Any], dict[str, tf.Tensor]]:
    """A function that changes the weights by a batch, spread over the replicas of `strategy`.

    It returns the loss of the batch, and the temperature and rate it used.
    """

    def on_replica(batch: Batch) -> tuple[tf.Tensor, Keys]:
        keys = objective.keys(batch)

        def loss_of(images: tf.Tensor, texts: tf.Tensor) -> tf.Tensor:
            """This replica's part: the replicas' parts add up to the loss of the batch."""
            return objective.loss(images, texts, keys) / replicas()

        if settings.pieces > 1:
            loss, gradients = gradients_in_pieces(model, batch, settings.pieces, loss_of, optimizer.scale_loss)
        else:
            loss, gradients = gradients_at_once(model, batch, loss_of, optimizer.scale_loss)
        optimizer.apply(gradients, model.trainable_variables)
        return loss, keys

    @tf.function(jit_compile=settings.jit_compile or None)
    def learn(batch: Any) -> tuple[dict[str, tf.Tensor], Keys]:
        state = {
            "temperature": tf.identity(model.temperature),
            "learning_rate": tf.identity(optimizer.learning_rate),
        }
        with tf.control_dependencies(list(state.values())):
            losses, keys = strategy.run(on_replica, (batch,))
        return {"loss": strategy.reduce("SUM", losses, axis=None), **state}, keys

    def step(batch: Any) -> dict[str, tf.Tensor]:
        objective.follow()
        values: dict[str, tf.Tensor]
        values, keys = learn(batch)
        objective.enqueue(keys)
        return values

    return step


def gradients_at_once(model: DualEncoder, batch: Batch, loss_of: LossOf, scale: Any) -> Gradients:
    """Like `gradients_in_pieces`, for the whole batch."""
    with tf.GradientTape() as tape:
        images, texts = model(batch, training=True)
        loss = loss_of(images, texts)
        scaled = scale(loss)
    found = tape.gradient(scaled, [variable.value for variable in model.trainable_variables])
    return loss, [tf.convert_to_tensor(gradient) for gradient in found]
