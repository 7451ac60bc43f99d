"""The loss against closed forms, a plain statement in float64, and differences of it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from train import loss
from train.loss import _logits, contrastive_loss, cross_entropy

pytestmark = pytest.mark.slow

SHARES = ["0.001", "0.25", "0.3", "0.5", "0.6", "0.999", "1"]


def vectors(rows: int, seed: int = 0, width: int = 6) -> np.ndarray:
    """Vectors of lengths from 0.1 to 10."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, width)) * np.geomspace(0.1, 10, rows)[:, None]


def stated(images: np.ndarray, texts: np.ndarray, temperature: float, smoothing: float, negatives: str = "1") -> float:
    """Equations 1 and 2, with smoothed labels, over the right candidate and the `negatives` that follow it."""
    images, texts = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, texts))
    similarities = images @ texts.T / temperature
    return sum(_one_direction(matrix, smoothing, negatives) for matrix in (similarities, similarities.T))


def _one_direction(logits: np.ndarray, smoothing: float, negatives: str) -> float:
    rows = len(logits)
    taken = 1 + math.ceil(Fraction(negatives) * (rows - 1))
    losses = []
    for right in range(rows):
        used = [logits[right, (right + place) % rows] for place in range(taken)]
        labels = np.array([1 - smoothing] + [0.0] * (taken - 1)) + smoothing / taken
        losses.append(-labels @ (used - np.log(np.exp(used).sum())))
    return float(np.mean(losses))


# Closed forms


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("pairs", [2, 7, 64])
def test_equal_embeddings_cost_the_logarithm_of_the_batch_each_way(pairs: int, smoothing: float) -> None:
    same = tf.ones((pairs, 4))
    assert float(contrastive_loss(same, same, tf.constant(0.3), smoothing)) == pytest.approx(2 * math.log(pairs))


def test_without_smoothing_a_perfect_model_costs_nothing() -> None:
    apart = tf.eye(16)
    assert float(contrastive_loss(apart, apart, tf.constant(0.01))) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_smoothing_has_its_floor_where_the_right_logit_is_the_best_distance_above(factor: float) -> None:
    """Unit vectors at right angles, and the temperature that makes the gap ln(9 N + 1), or not quite."""
    apart, gap = tf.eye(64), factor * math.log(9 * 64 + 1)
    total = float(contrastive_loss(apart, apart, tf.constant(1 / gap, tf.float32), 0.1))
    assert total >= 2 * 0.7295 - 1e-4
    assert (total == pytest.approx(2 * 0.7295, abs=1e-4)) == (factor == 1)


@pytest.mark.parametrize(("pairs", "floor"), [(64, 0.7295), (2048, 1.0870), (16_384, 1.2954)])
def test_the_floor_of_the_papers_batch(pairs: int, floor: float) -> None:
    logits = np.zeros((1, pairs), np.float32)
    logits[0, 0] = math.log(9 * pairs + 1)
    assert float(cross_entropy(tf.constant(logits), 0.1)) == pytest.approx(floor, abs=6e-5)


# The plain statement


@pytest.mark.parametrize("temperature", [1 / 64, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_it_is_what_the_paper_states(temperature: float, smoothing: float) -> None:
    images, texts = vectors(9), vectors(9, seed=1)
    total = contrastive_loss(tf.constant(images), tf.constant(texts), tf.constant(temperature, tf.float32), smoothing)
    assert total.dtype == tf.float32
    assert float(total) == pytest.approx(stated(images, texts, temperature, smoothing), rel=2e-5)


@pytest.mark.parametrize("negatives", SHARES)
def test_fewer_negatives_are_as_stated_too(negatives: str) -> None:
    images, texts = vectors(11), vectors(11, seed=1)
    total = contrastive_loss(tf.constant(images), tf.constant(texts), tf.constant(0.2), 0.1, float(negatives))
    assert float(total) == pytest.approx(stated(images, texts, 0.2, 0.1, negatives), rel=2e-5)


@pytest.mark.parametrize(("negatives", "block"), [("0.4", 2048), ("1", 2048), ("1", 5), ("1", 2)])
def test_gradients_are_differences_of_the_statement(negatives: str, block: int, monkeypatch) -> None:
    monkeypatch.setattr(loss, "BLOCK", block)
    values = vectors(5, width=3), vectors(5, seed=1, width=3), np.array(0.4)
    given = [tf.constant(value, tf.float32) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = contrastive_loss(*given, 0.1, float(negatives))
    for number, gradient in enumerate(tape.gradient(total, given)):
        expected = np.zeros_like(values[number])
        for place in np.ndindex(expected.shape):
            expected[place] = _difference(values, number, place, negatives)
        np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-3, atol=1e-5)


def _difference(values: tuple[np.ndarray, ...], number: int, place: tuple[int, ...], negatives: str) -> float:
    step, losses = 1e-6, []
    for sign in (1, -1):
        moved = [value.copy() for value in values]
        moved[number][place] += sign * step
        losses.append(stated(moved[0], moved[1], float(moved[2]), 0.1, negatives))
    return (losses[0] - losses[1]) / (2 * step)


def test_logits_whose_exponential_is_infinite() -> None:
    apart = tf.eye(4)
    for sign, expected in ((-1, 2000 + 2 * math.log(3)), (1, 0.0)):
        assert float(contrastive_loss(apart, sign * apart, tf.constant(1e-3))) == pytest.approx(expected, rel=1e-6)


# The share of negatives


def candidates(rows: int, negatives: float) -> np.ndarray:
    """Returns the candidates of each row, the right one first: each candidate is its own number."""
    numbers = tf.range(rows, dtype=tf.float32)[:, None]
    return _logits(tf.ones((rows, 1)), numbers, tf.constant(1.0), negatives).numpy().astype(int)


def test_half_of_the_others_are_those_that_follow_all_around() -> None:
    assert candidates(5, 0.5).tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 0], [4, 0, 1]]


@pytest.mark.parametrize("negatives", SHARES)
@pytest.mark.parametrize("rows", [2, 26, 51, 101])
def test_so_many_others_and_each_as_often(rows: int, negatives: str) -> None:
    """Rounded up, of the number as it is written: 0.6 of 25 are 15."""
    found = candidates(rows, float(negatives))
    taken = 1 + math.ceil(Fraction(negatives) * (rows - 1))
    assert 2 <= taken == found.shape[1]
    assert found[:, 0].tolist() == list(range(rows))
    assert all(len(set(row)) == taken for row in found.tolist())
    assert np.bincount(found.reshape(-1)).tolist() == [taken] * rows


def test_the_smallest_share_is_one_negative_and_the_whole_all() -> None:
    assert candidates(40, 1e-9).shape == (40, 2)
    assert candidates(40, 1.0).shape == (40, 40)
