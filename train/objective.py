"""A pair's negatives: the rest of the batch (ALIGN), or a queue of earlier keys (BriVL).

A step begins with `follow`; on each replica come the `keys` of its batch, and the `loss`; `enqueue` ends it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from train.config import Train
from train.loss import contrastive_loss
from train.model import DualEncoder
from train.momentum import follow, key_towers
from train.pieces import Batch, encode_in_pieces
from train.queue import KeyQueue, queue_loss

Keys = tuple[Any, ...]


class InBatch:
    """Uses the other pairs of a batch as negatives. There are no keys, and nothing to store."""

    def __init__(self, model: DualEncoder, settings: Train) -> None:
        self.model, self.settings = model, settings.loss
        self.variables: list[Any] = []

    def follow(self) -> None:
        """Nothing to do."""

    def keys(self, batch: Batch) -> Keys:
        """None."""
        return ()

    def loss(self, images: tf.Tensor, texts: tf.Tensor, keys: Keys) -> tf.Tensor:
        """The loss of the embeddings of a replica's pairs, float (n, width) each; the batch's is the replicas' mean."""
        return contrastive_loss(images, texts, self.model.temperature, self.settings.smoothing, self.settings.negatives)

    def enqueue(self, keys: Keys) -> None:
        """Nothing to do."""


class FromQueue:
    """Uses earlier texts' keys as a picture's negatives, and earlier pictures' keys as a text's (WenLan, arXiv
    2103.06561). `variables` are its state, which a checkpoint needs.

    Changes of weights and queues are separate graphs, run one after the other: within a step's graph, TensorFlow may
    read a weight to follow it, or a queue for the loss, only after it was changed.
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
        """Keys of a replica's pictures and texts, float (n, width) each, of length 1."""
        if self.settings.pieces > 1:
            return _normal(*encode_in_pieces(self.towers, batch, self.settings.pieces))
        return _normal(*self.towers(batch, training=True))

    def loss(self, images: tf.Tensor, texts: tf.Tensor, keys: Keys) -> tf.Tensor:
        """The loss of a replica, like InBatch.loss."""
        (images, texts), (image_keys, text_keys) = _normal(images, texts), keys
        earlier_images, earlier_texts = (queue.held() for queue in self.queues)
        how = self.model.temperature, self.settings.loss.smoothing
        return queue_loss(images, text_keys, earlier_texts, *how) + queue_loss(texts, image_keys, earlier_images, *how)

    @tf.function
    def enqueue(self, keys: Keys) -> None:
        """Puts the keys of all replicas into the queues."""
        for queue, rows in zip(self.queues, keys, strict=True):
            queue.put(self.strategy.gather(rows, axis=0))


Objective = InBatch | FromQueue


def make_objective(model: DualEncoder, settings: Train, strategy: tf.distribute.Strategy) -> Objective:
    """The objective for `settings`. Called in the scope of `strategy`, after the model has its first weights."""
    return FromQueue(model, settings, strategy) if settings.queue.size else InBatch(model, settings)


def _normal(*embeddings: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return tuple(tf.math.l2_normalize(tf.cast(rows, tf.float32), 1) for rows in embeddings)
