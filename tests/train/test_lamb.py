"""LAMB against published values and a plain statement in float64; the rate; which variables decay."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import changed
from train.lamb import Lamb
from train.optimizer import WarmUpAndDecay, make_optimizer

pytestmark = pytest.mark.slow

RATE, DECAY = 0.02, 0.1


def variable(values: object, name: str = "kernel") -> keras.Variable:
    return keras.Variable(np.array(values, np.float32), name=name)


def apply(optimizer: keras.optimizers.Optimizer, gradients: list[object], variables: list[keras.Variable]) -> None:
    optimizer.apply([tf.constant(np.array(gradient, np.float32)) for gradient in gradients], variables)


# One step


def test_the_decay_is_inside_the_trust_ratio() -> None:
    """The value of the authors' formula; Keras' own LAMB, which decays outside of it, gives [2.375, 3.8]."""
    weights = variable([3, 4])
    apply(Lamb(0.1, epsilon=1e-20, decay=0.5), [[7, 0]], [weights])  # the first update is [1, 0], whatever the 7
    np.testing.assert_allclose(weights, [2.6096, 3.6877], atol=5e-5)


@pytest.mark.parametrize("name", ["bias", "gamma", "beta"])
def test_biases_and_normalisations_are_neither_scaled_nor_decayed(name: str) -> None:
    weights = variable([3, 4], name)
    apply(Lamb(0.1, epsilon=1e-20, decay=0.5), [[7, 0]], [weights])
    np.testing.assert_allclose(weights, [2.9, 4], rtol=1e-6)


def test_where_a_length_is_zero_the_trust_ratio_is_one() -> None:
    weights, still = variable([0, 0]), variable([3, 4])
    apply(Lamb(0.1, decay=0), [[5, -5], [0, 0]], [weights, still])
    np.testing.assert_allclose(weights, [-0.1, 0.1], rtol=1e-5)
    np.testing.assert_array_equal(still, [3, 4])


# Many steps


def stated(variables: dict[str, np.ndarray], gradients: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Algorithm 2 of You et al. 2020, with the moments' bias corrected."""
    values = dict(variables)
    means, squares = ({name: 0 * value for name, value in values.items()} for _ in range(2))
    for step, gradient in enumerate(gradients, start=1):
        for name, value in values.items():
            means[name] = 0.9 * means[name] + 0.1 * gradient[name]
            squares[name] = 0.999 * squares[name] + 0.001 * gradient[name] ** 2
            ratio = means[name] / (1 - 0.9**step) / (np.sqrt(squares[name] / (1 - 0.999**step)) + 1e-6)
            if name in ("bias", "gamma", "beta"):
                values[name] = value - RATE * ratio
            else:
                ratio = ratio + DECAY * value
                trust = np.sqrt((value**2).sum()) / np.sqrt((ratio**2).sum())
                values[name] = value - RATE * trust * ratio
    return values


def test_hundred_steps_are_those_of_the_published_algorithm() -> None:
    rng = np.random.default_rng(0)
    shapes = {"kernel": (4, 3), "bias": (3,), "gamma": (5,), "beta": (5,), "embeddings": (6, 2), "temperature": ()}
    start = {name: rng.normal(size=shape) + 1 for name, shape in shapes.items()}
    gradients = [{name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(100)]
    variables = [variable(value, name) for name, value in start.items()]
    optimizer = Lamb(RATE, decay=DECAY)
    for each in gradients:
        apply(optimizer, list(each.values()), variables)
    for made, expected in zip(variables, stated(start, gradients).values(), strict=True):
        np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5, err_msg=made.name)


def test_a_scalar_changes_by_the_same_share_each_step_and_never_crosses_zero() -> None:
    temperature = variable(1.0, "temperature")
    optimizer = Lamb(1e-3, decay=0)
    step = tf.function(lambda: optimizer.apply([tf.constant(0.3)], [temperature]))
    optimizer.build([temperature])
    for _ in range(5000):
        step()
    assert float(temperature) == pytest.approx(0.999**5000, rel=1e-3)


def test_a_sparse_gradient_counts_as_the_dense_one() -> None:
    """Embeddings: rows that no text uses are decayed too."""
    start = np.arange(1, 9).reshape(4, 2)
    sparse, dense = variable(start), variable(start)
    gradient = tf.IndexedSlices(tf.constant([[1.0, 2], [3, 4]]), tf.constant([2, 0]), (4, 2))
    apply(Lamb(0.1, decay=0.5), [[[3, 4], [0, 0], [1, 2], [0, 0]]], [dense])
    Lamb(0.1, decay=0.5).apply([gradient], [sparse])
    np.testing.assert_array_equal(sparse, dense)
    assert (np.array(dense)[[1, 3]] < start[[1, 3]]).all()


def test_it_is_made_again_from_its_config() -> None:
    made = Lamb(WarmUpAndDecay(0.5, 2, 9), beta_1=0.8, beta_2=0.9, epsilon=1e-3, decay=0.3, excluded=("kernel",))
    with keras.saving.custom_object_scope({"Lamb": Lamb, "WarmUpAndDecay": WarmUpAndDecay}):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    weights = variable([3, 4], "w"), variable([3, 4], "w")
    for _ in range(4):
        for optimizer, each in zip((made, again), weights, strict=True):
            apply(optimizer, [[1, 2]], [each])
    np.testing.assert_array_equal(*weights)
    assert keras.saving.serialize_keras_object(again) == keras.saving.serialize_keras_object(made)


# The rate


def rates(peak: float, warmup_steps: int, steps: int) -> list[float]:
    return [float(WarmUpAndDecay(peak, warmup_steps, steps)(step)) for step in range(steps)]


def test_the_rate_rises_and_falls_in_straight_lines() -> None:
    np.testing.assert_allclose(rates(0.6, 3, 9), np.array([2, 4, 6, 6, 5, 4, 3, 2, 1]) / 10, rtol=1e-6)
    np.testing.assert_allclose(rates(0.6, 1, 4), [0.6, 0.6, 0.4, 0.2], rtol=1e-6)
    np.testing.assert_allclose(rates(0.6, 0, 3), [0.6, 0.4, 0.2], rtol=1e-6)
    np.testing.assert_allclose(rates(0.6, 0, 1), [0.6], rtol=1e-6)


PAPERS = {0: 1e-7, 4_999: 5e-4, 9_999: 1e-3, 10_000: 1e-3, 605_000: 5e-4, 1_199_999: 1e-3 / 1_190_000}


@pytest.mark.parametrize(("step", "rate"), PAPERS.items())
def test_the_papers_rate(step: int, rate: float) -> None:
    assert float(WarmUpAndDecay(1e-3, 10_000, 1_200_000)(tf.constant(step, tf.int64))) == pytest.approx(rate, rel=1e-5)


def test_the_rate_moves_on_with_each_step() -> None:
    optimizer = make_optimizer(changed(steps=5, optimizer={"learning_rate": 1.0, "warmup_steps": 2}))
    weights, seen = variable([0.0], "bias"), []
    for _ in range(5):
        seen.append(float(optimizer.learning_rate))
        apply(optimizer, [[0]], [weights])
    np.testing.assert_allclose(seen, [1 / 2, 1, 1, 2 / 3, 1 / 3], rtol=1e-6)


# The optimisers


OPTIMIZERS = {"lamb": Lamb, "adam": keras.optimizers.AdamW, "sgd": keras.optimizers.SGD}


@pytest.mark.parametrize(("name", "kind"), OPTIMIZERS.items())
def test_each_decays_weights_but_not_biases_and_normalisations(name: str, kind: type) -> None:
    """By gradients of 0, which leave the rest alone."""
    settings = changed(
        optimizer={"name": name, "learning_rate": 0.5, "warmup_steps": 0, "weight_decay": 0.1},
        temperature={"scale": "linear" if name == "lamb" else "log"},
    )
    optimizer = make_optimizer(settings)
    assert type(optimizer) is kind
    names = ("kernel", "embeddings", "bias", "gamma", "beta")
    variables = [variable([3, 4], each) for each in names]
    apply(optimizer, [[0, 0]] * 5, variables)
    left = 0.5 if name == "lamb" else 1 - 0.5 * 0.1  # under LAMB the decay alone is as long as the variable
    expected = [np.array([3, 4]) * (left if each in names[:2] else 1) for each in names]
    np.testing.assert_allclose(np.array(variables), expected, rtol=1e-6)


def test_in_half_precision_gradients_are_scaled_and_too_large_ones_skipped() -> None:
    settings = changed(precision="mixed_float16", optimizer={"learning_rate": 0.1, "warmup_steps": 0}, steps=10)
    scaled, plain = make_optimizer(settings), make_optimizer(changed(settings, precision="float32"))
    weights, expected = variable([3, 4]), variable([3, 4])
    scaled.build([weights])
    scale = float(scaled.scale_loss(tf.constant(1.0)))
    assert scale > 1000 and float(plain.scale_loss(tf.constant(1.0))) == 1
    apply(scaled, [[scale * 0.3, scale * -0.1]], [weights])
    apply(plain, [[0.3, -0.1]], [expected])
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    apply(scaled, [[np.inf, 0]], [weights])
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert float(scaled.scale_loss(tf.constant(1.0))) == scale / 2
    assert int(scaled.iterations) == 1 and float(scaled.learning_rate) == float(plain.learning_rate)
