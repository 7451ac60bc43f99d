"""Updates of a classifier's weights, against numbers worked out by hand and numpy."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import pytest

from pipeline.config import ConfigError, load_config
from train.transfer.config import Classification, Phase
from train.transfer.optimizer import SlowTower, make_optimizer, schedule

pytestmark = pytest.mark.slow

STEPS = [(0, 0.1), (11, 0.1), (12, 0.02), (23, 0.02), (24, 0.004), (29, 0.004)]


@pytest.mark.parametrize(("step", "rate"), STEPS)
def test_a_rate_falls_to_a_fifth_at_the_first_step_of_every_third_epoch(step: int, rate: float) -> None:
    settings = Classification(decay="stairs", every=3, factor=0.2)
    assert float(schedule(settings, 0.1, steps=30, pictures=4)(step)) == pytest.approx(rate)


def test_an_epoch_of_a_batch_and_a_half_ends_within_a_step() -> None:
    rates = schedule(Classification(decay="stairs", every=3, factor=0.5), 1.0, steps=12, pictures=1.5)
    assert [float(rates(step)) for step in (3, 4, 8, 9)] == [1, 0.5, 0.5, 0.25]  # epochs 3 and 6 end after 4.5 and 9


def test_a_run_shorter_than_the_first_stair_has_one_rate() -> None:
    rates = schedule(Classification(decay="stairs", every=30), 0.1, steps=5, pictures=1)
    assert [float(rates(step)) for step in range(5)] == [pytest.approx(0.1)] * 5


@pytest.mark.parametrize(("step", "rate"), [(0, 1), (5, 0.5 + 0.5**1.5), (10, 0.5), (20, 0)])
def test_a_cosine_falls_to_nothing(step: int, rate: float) -> None:
    assert float(schedule(Classification(decay="cosine"), 1.0, 20, 3)(step)) == pytest.approx(rate, abs=1e-7)


def test_a_phase_lasts_its_steps_or_its_epochs_in_whole_steps() -> None:
    assert Phase(epochs=100).steps_of(12.5) == 1250
    assert Phase(epochs=3).steps_of(1.5) == 5
    assert Phase(epochs=3, steps=7).steps_of(1.5) == 7


def small_model() -> keras.Model:
    pixels = keras.Input((3,))
    tower = keras.layers.Dense(4, name="tower")(pixels)
    return keras.Model(pixels, keras.layers.Dense(2, name="head")(tower))


def by_hand(weights: Sequence[np.ndarray], gradients: Sequence[Sequence[np.ndarray]], rates: Sequence[float],
            decays: Sequence[float]) -> list[np.ndarray]:  # fmt: skip
    """Momentum of 0.9 over the gradients of several steps; a rate and a decay for each weight."""
    found = []
    for place, weight in enumerate(weights):
        velocity = np.zeros_like(weight)
        for step in gradients:
            velocity = 0.9 * velocity - rates[place] * (step[place] + decays[place] * weight)
            weight = weight + velocity
        found.append(weight)
    return found


def test_the_tower_moves_slower_and_kernels_alone_decay_as_momentum_sgd_in_numpy() -> None:
    model = small_model()
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=weight.shape) for weight in model.weights])
    before = model.get_weights()
    gradients = [[random.normal(size=weight.shape).astype(np.float32) for weight in before] for _ in range(4)]
    optimizer = make_optimizer(Classification(weight_decay=0.5, decay="stairs", tower_rate=0.1), 0.2, 4, 1)
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(part) for part in step], model.trainable_variables)
    expected = by_hand(before, gradients, rates=[0.02, 0.02, 0.2, 0.2], decays=[0.5, 0, 0.5, 0])
    for found, wanted in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_without_decay_and_with_one_rate_it_is_keras_own_sgd() -> None:
    ours, theirs = small_model(), small_model()
    theirs.set_weights(ours.get_weights())
    pairs = ((ours, SlowTower(0.1, 0.9, tower_rate=1, decay=0)), (theirs, keras.optimizers.SGD(0.1, momentum=0.9)))
    for model, optimizer in pairs:
        for step in range(3):
            gradients = [keras.ops.ones_like(weight) * (step + 1) for weight in model.weights]
            optimizer.apply(gradients, model.trainable_variables)
    for found, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("task", "zero_shot", "transfer.task: 'zero_shot'; the choices are retrieval, classification, vtab"),
        ("classification.decay", "linear", "transfer.classification.decay: 'linear'; the choices are stairs, cosine"),
        ("classification.head.size", "31", "transfer.classification.head.size: 31 is under 32"),
        ("classification.pieces", "3", "transfer.classification.pieces: a batch of 1024 has no 3 equal pieces"),
        ("classification.middle", "1.1", "transfer.classification.middle: 1.1 is over 1"),
        ("classification.momentum", "1", "transfer.classification.momentum: 1; a share is from 0 to under 1"),
        ("vtab.steps", "[9, 8]", "transfer.vtab.steps: 9 to 8 is no range over 0"),
        ("vtab.steps", "8", "transfer.vtab.steps: 8 is no list of 2, such as [a, b]"),
        ("data.share", "0.1", "transfer.data.share: no such setting; transfer.data has train, test, test_share"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config("", [(f"transfer.{setting}", value)])
    assert str(refused.value) == says


def test_something_has_to_be_trained() -> None:
    none = [("transfer.classification.head.epochs", "0"), ("transfer.classification.whole.epochs", "0")]
    with pytest.raises(ConfigError, match="neither it nor whole has epochs or steps"):
        load_config("", none)
    assert list(load_config("", none[:1]).transfer.classification.phases) == ["whole"]
