"""Sources of a pair's negatives: the rest of its batch, as in ALIGN, or a queue of earlier keys, as in BriVL.

A step calls `follow`, then on each replica `keys` and `loss` of its part of the batch, then `enqueue`.
"""

from __future__ import annotations

from typing import Any, Protocol

import tensorflow as tf

from train.config import Train
from train.loss import contrastive_loss
from train.model import DualEncoder
from train.momentum import follow, key_towers
from train.pieces import Batch, encode_in_pieces
from train.queue import KeyQueue, queue_loss

Keys = tuple[Any, ...]


class Objective(Protocol):
    """Negatives and loss of the pairs of a step.

    By default there are no keys and no state, so that nothing is done before and after a step.
    """

    variables: list[Any]  # state that a checkpoint has to contain

    def follow(self) -> None:
        """Prepares the state for a step."""
        return None

    def keys(self, batch: Batch) -> Keys:
        """The keys of a replica's pairs."""
        return ()

    def loss(self, images: tf.Tensor, texts: tf.Tensor, keys: Keys) -> tf.Tensor:
        """The loss of the embeddings of a replica's pairs, float (n, width) each; the batch's is the replicas' mean."""
        ...

    def enqueue(self, keys: Keys) -> None:
        """Adds the keys of all replicas to the state."""
        return None


class InBatch(Objective):
    """The negatives of a pair are the other pairs of its batch (ALIGN)."""

    def __init__(self, model: DualEncoder, settings: Train) -> None:
        self.model, self.settings = model, settings.loss
        self.variables = []

    def loss(self, images: tf.Tensor, texts: tf.Tensor, keys: Keys) -> tf.Tensor:
        """The contrastive loss of the batch."""
        return contrastive_loss(images, texts, self.model.temperature, self.settings.smoothing, self.settings.negatives)


class FromQueue(Objective):
    """A picture's negatives are the keys of earlier texts, a text's are the keys of earlier pictures (WenLan, arXiv
    2103.06561).

    Weights and queues are changed by separate graphs, run one after the other: inside the graph of a step, TensorFlow
    might read a weight to follow it, or a queue for the loss, after it was changed.
    """

    def __init__(self, model: DualEncoder, settings: Train, strategy: tf.distribute.Strategy) -> None:
        self.model, self.settings, self.strategy = model, settings, strategy
        self.towers = key_towers(model)
        width = model.images.output_shape[-1]
        self.queues = [KeyQueue(settings.queue.size, width, name) for name in ("image", "text")]
        self.variables = [*self.towers.variables, *(variable for queue in self.queues for variable in queue.variables)]

    @tf.function
    def follow(self) -> None:
        """Moves the key towers towards the model."""
        follow(self.towers, self.model, self.settings.queue.momentum, self.strategy)

    def keys(self, batch: Batch) -> Keys:
        """The keys of a replica's pictures and texts, float (n, width) each, of length 1."""
        if self.settings.pieces > 1:
            return _normal(*encode_in_pieces(self.towers, batch, self.settings.pieces))
        return _normal(*self.towers(batch, training=True))

    def loss(self, images: tf.Tensor, texts: tf.Tensor, keys: Keys) -> tf.Tensor:
        """The sum of both directions' losses, against the queues' keys."""
        (images, texts), (image_keys, text_keys) = _normal(images, texts), keys
        earlier_images, earlier_texts = (queue.held() for queue in self.queues)
        how = self.model.temperature, self.settings.loss.smoothing
        return queue_loss(images, text_keys, earlier_texts, *how) + queue_loss(texts, image_keys, earlier_images, *how)

    @tf.function
    def enqueue(self, keys: Keys) -> None:
        """Puts the keys of all replicas into the queues."""
        for queue, rows in zip(self.queues, keys, strict=True):
            queue.put(self.strategy.gather(rows, axis=0))


def make_objective(model: DualEncoder, settings: Train, strategy: tf.distribute.Strategy) -> Objective:
    """The objective that `settings` choose. Called in the scope of `strategy`, once the model has weights."""
    return FromQueue(model, settings, strategy) if settings.queue.size else InBatch(model, settings)


def _normal(*embeddings: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return tuple(tf.math.l2_normalize(tf.cast(rows, tf.float32), 1) for rows in embeddings)
