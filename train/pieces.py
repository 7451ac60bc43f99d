"""A large batch in small memory: its gradients, one piece of it at a time (gradient caching, Gao et al. 2021).

All pieces are encoded first, without the state that gradients need. The loss of all embeddings is cheap then, and so
are its gradients by them. Each piece is encoded again, and takes its part of these gradients down to the weights.

Both times a piece meets the same dropout, and its batch normalisation uses the piece's statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from train.model import Towers

Batch = dict[str, tf.Tensor]
LossOf = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
Gradients = tuple[tf.Tensor, list[tf.Tensor]]


def gradients_in_pieces(model: Towers, batch: Batch, pieces: int, loss_of: LossOf, scale: Any) -> Gradients:
    """The loss of the embeddings of `batch`, and the gradients of `scale` of it by the model's trainable variables.

    Raises InvalidArgumentError for a batch that isn't a multiple of `pieces`.
    """
    towers = _Pieces(model, batch, pieces)
    (images, texts), _ = towers.encode()
    with tf.GradientTape() as tape:
        tape.watch((images, texts))
        loss = loss_of(images, texts)
        scaled = scale(loss)
    variables = [variable.value for variable in model.trainable_variables]
    by_images, by_texts, *direct = tape.gradient(scaled, [images, texts, *variables])
    through = towers.gradients(_split(by_images, pieces), _split(by_texts, pieces))
    return loss, [part if alone is None else part + alone for part, alone in zip(through, direct, strict=True)]


def encode_in_pieces(model: Towers, batch: Batch, pieces: int) -> list[tf.Tensor]:
    """The embeddings of `batch` as in training, float (n, width) each, without gradients. Advances the state."""
    towers = _Pieces(model, batch, pieces)
    embeddings, state = towers.encode()
    towers.move_on(state)
    return embeddings


def _split(rows: tf.Tensor, pieces: int) -> tf.Tensor:
    return tf.reshape(rows, (pieces, -1, *rows.shape[1:]))


class _Pieces:
    """Towers as functions of their weights and state, over the pieces of a batch."""

    def __init__(self, model: Towers, batch: Batch, pieces: int) -> None:
        self.model, self.pieces = model, pieces
        self.batch = {name: _split(rows, pieces) for name, rows in batch.items()}
        self.weights = [tf.convert_to_tensor(variable.value) for variable in model.trainable_variables]
        self.state = [tf.convert_to_tensor(variable.value) for variable in model.non_trainable_variables]

    def encode(self) -> tuple[list[tf.Tensor], Any]:
        """Embeddings of all pieces, float (n, width) each, and the state after them. Has no side effects."""

        def encode_piece(number: tf.Tensor, arrays: list[tf.TensorArray], state: Any) -> tuple[Any, ...]:
            embeddings, state = self._call(number, state)
            return (
                number + 1,
                [array.write(number, part) for array, part in zip(arrays, embeddings, strict=True)],
                state,
            )

        empty = [tf.TensorArray(tf.float32, self.pieces, element_shape=(None, self._width)) for _ in range(2)]
        _, arrays, state = self._over_pieces(encode_piece, empty)
        return [array.concat() for array in arrays], state

    def gradients(self, by_images: tf.Tensor, by_texts: tf.Tensor) -> list[tf.Tensor]:
        """Gradients by the weights, from those by the embeddings, float (pieces, n, width). Advances the state."""

        def add_piece(number: tf.Tensor, sums: list[tf.Tensor], state: Any) -> tuple[Any, ...]:
            with tf.GradientTape() as tape:
                tape.watch(self.weights)
                embeddings, state = self._call(number, state)
            given = [by_images[number], by_texts[number]]
            found = tape.gradient(embeddings, self.weights, given, unconnected_gradients="zero")
            return (
                number + 1,
                [total + tf.convert_to_tensor(part) for total, part in zip(sums, found, strict=True)],
                state,
            )

        _, sums, state = self._over_pieces(add_piece, [tf.zeros_like(weight) for weight in self.weights])
        self.move_on(state)
        return list(sums)

    def move_on(self, state: Any) -> None:
        """Sets the model to the state after the pieces."""
        for variable, value in zip(self.model.non_trainable_variables, state, strict=True):
            variable.assign(value)

    def _over_pieces(self, step: Callable[..., Any], start: Any) -> Any:
        """Runs pieces one after the other: in parallel they would need the memory that this saves."""
        return tf.while_loop(
            lambda number, *_: number < self.pieces, step, (tf.constant(0), start, self.state), parallel_iterations=1
        )

    def _call(self, number: tf.Tensor, state: Any) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        piece = {name: rows[number] for name, rows in self.batch.items()}
        embeddings, state = self.model.stateless_call(self.weights, state, piece, training=True)
        return list(embeddings), list(state)

    @property
    def _width(self) -> int:
        return int(self.model.images.output_shape[-1])
