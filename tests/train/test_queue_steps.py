"""Steps with negatives from a queue against a plain statement of the algorithm, on numbers that numpy can follow."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import changed
from train.model import DualEncoder, Towers
from train.objective import make_objective
from train.step import training_step

pytestmark = pytest.mark.slow

SIZE, PAIRS, INPUTS, WIDTH, RATE, TEMPERATURE = 7, 3, (6, 5), 4, 0.5, 0.3


class Stated:
    """BriVL's steps in float64, with two linear maps for towers, rings for queues, and plain gradient descent."""

    def __init__(self, weights: list[np.ndarray], momentum: float, smoothing: float) -> None:
        self.queries, self.momentum, self.smoothing = [array.astype(float) for array in weights], momentum, smoothing
        self.keys = [array.copy() for array in self.queries]
        self.rings, self.written = [np.zeros((SIZE, WIDTH)), np.zeros((SIZE, WIDTH))], 0

    def step(self, batch: tuple[np.ndarray, np.ndarray]) -> float:
        """The loss of the batch; its keys are in the rings after it."""
        self.keys = [
            self.momentum * key + (1 - self.momentum) * query
            for key, query in zip(self.keys, self.queries, strict=True)
        ]
        keys = [unit(rows @ weights) for rows, weights in zip(batch, self.keys, strict=True)]
        found = [self._direction(batch, keys, kind) for kind in (0, 1)]
        for kind, (_, gradient) in enumerate(found):
            self.queries[kind] -= RATE * gradient
        for row in range(PAIRS):
            for ring, kept in zip(self.rings, keys, strict=True):
                ring[self.written % SIZE] = kept[row]
            self.written += 1
        return sum(loss for loss, _ in found)

    def _direction(self, batch: tuple[np.ndarray, np.ndarray], keys: list[np.ndarray], kind: int) -> tuple:
        """The loss of one kind of queries against the other's keys, and its gradient by their weights."""
        loss, gradient = 0.0, np.zeros_like(self.queries[kind])
        for row, given in enumerate(batch[kind]):
            embedding = given @ self.queries[kind]
            length = np.linalg.norm(embedding)
            query = embedding / length
            valid = self.rings[1 - kind][: min(self.written, SIZE)]
            candidates = np.stack([keys[1 - kind][row], *valid])
            shares = np.exp(candidates @ query / TEMPERATURE)
            shares /= shares.sum()
            labels = np.full(len(candidates), self.smoothing / len(candidates))
            labels[0] += 1 - self.smoothing
            loss -= labels @ np.log(shares) / PAIRS
            by_query = (shares - labels) @ candidates / TEMPERATURE / PAIRS
            gradient += np.outer(given, (by_query - query * (query @ by_query)) / length)
        return loss, gradient

    def oldest_first(self, kind: int) -> np.ndarray:
        """The keys of a ring in the order that they came."""
        held = range(max(0, self.written - SIZE), self.written)
        return np.array([self.rings[kind][place % SIZE] for place in held]).reshape(-1, WIDTH)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def linear(inputs: int) -> keras.Model:
    return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(WIDTH, use_bias=False)])


def batches(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(3)
    return [tuple(rng.normal(size=(PAIRS, inputs)).astype(np.float32) for inputs in INPUTS) for _ in range(count)]


def weights(towers: Towers) -> list[np.ndarray]:
    return [tower.trainable_variables[0].numpy() for tower in (towers.images, towers.texts)]


@pytest.mark.parametrize(("momentum", "smoothing"), [(0.9, 0.0), (0.0, 0.0), (0.7, 0.2)])
def test_many_steps_are_as_stated(momentum: float, smoothing: float, monkeypatch: pytest.MonkeyPatch):
    """From empty queues until the oldest keys have gone three times; 7 isn't a multiple of 3."""
    monkeypatch.setattr("train.model.image_tower", lambda *_: linear(INPUTS[0]))
    monkeypatch.setattr("train.model.text_tower", lambda *_: linear(INPUTS[1]))
    settings = changed(
        batch=PAIRS,
        loss={"smoothing": smoothing},
        queue={"size": SIZE, "momentum": momentum},
        temperature={"start": TEMPERATURE, "learned": False},
    )
    keras.utils.set_random_seed(0)
    model, one = DualEncoder(settings, 0), tf.distribute.get_strategy()
    objective, optimizer = make_objective(model, settings, one), keras.optimizers.SGD(RATE)
    step, stated = (
        training_step(model, optimizer, objective, settings, one),
        Stated(weights(model), momentum, smoothing),
    )
    losses = []
    for number, batch in enumerate(batches(8), 1):
        losses.append(stated.step(batch))
        found = step(dict(zip(("pixels", "tokens"), batch, strict=True)))
        assert float(found["loss"]) == pytest.approx(losses[-1], rel=1e-4, abs=1e-6)
        for kind, queue in enumerate(objective.queues):
            assert int(queue.filled) == min(PAIRS * number, SIZE)
            np.testing.assert_allclose(queue.held(), stated.oldest_first(kind), atol=1e-5)
        for found_weights, expected in ((weights(model), stated.queries), (weights(objective.towers), stated.keys)):
            for ours, theirs in zip(found_weights, expected, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert losses[0] == 0 and min(losses[1:]) > 0.1
    assert np.abs(stated.queries[0] - stated.keys[0]).max() > 0.01
