"""Classifiers on the tower of a trained model: what moves and what doesn't, and runs that are killed."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import changed
from tests.support.transfers import small_towers_patched, trained_model, write_colours
from train.checkpoint import CheckpointError, Checkpoints
from train.fit import NotANumber
from train.trained import Trained
from train.transfer import classifier as classifiers
from train.transfer.classifier import Accuracy, classifier, learner, measure, ranks
from train.transfer.config import Classification, Data, Phase, Whole
from train.transfer.labelled import Labelled
from train.transfer.parts import read_set
from train.transfer.phase import TransferTask, prepare
from train.transfer.phase_checkpoint import PhaseCheckpoint

pytestmark = pytest.mark.slow

SETTINGS = Classification(
    head=Phase(steps=30, learning_rate=0.5, size=32, test_size=40),
    whole=Whole(steps=4, learning_rate=0.1, size=40, test_size=48),
    batch=12,
    decay="cosine",
)


@pytest.fixture(scope="module", autouse=True)
def small_towers() -> Iterator[None]:
    with small_towers_patched():
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_towers: None) -> Trained:
    return trained_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Labelled, Labelled]:
    return read_set(str(write_colours(tmp_path_factory.mktemp("colours") / "set", 10)), Data())


def task_of(trained: Trained, settings: Classification = SETTINGS) -> TransferTask:
    return prepare(trained, settings, tf.distribute.get_strategy())


@pytest.mark.parametrize("wanted", [True, False])
def test_operations_are_deterministic_if_the_settings_say_so(
    wanted: bool, trained: Trained, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turned_on = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: turned_on.append(True))
    task_of(dataclasses.replace(trained, settings=changed(trained.settings, determinism=wanted)))
    assert bool(turned_on) == wanted
    told = "transfer: operations are deterministic" if wanted else "transfer: operations are fast and not deterministic"
    assert capsys.readouterr().err.startswith(told)


def state(layer: keras.Layer) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns trained variables and the statistics of normalisations."""
    statistics = [weight.numpy() for weight in layer.weights if "moving" in weight.path]
    return [weight.numpy() for weight in layer.weights if "moving" not in weight.path], statistics


def same(some: list[np.ndarray], others: list[np.ndarray]) -> list[bool]:
    return [np.array_equal(one, other) for one, other in zip(some, others, strict=True)]


def after(trained: Trained, colours: tuple[Labelled, Labelled], **changes: object) -> dict[str, keras.Model]:
    settings = dataclasses.replace(SETTINGS, **changes)
    return dict(task_of(trained, settings).phases(colours[0]))


def test_a_linear_probe_leaves_the_tower_and_its_statistics_alone(
    trained: Trained, colours: tuple[Labelled, Labelled]
) -> None:
    model = after(trained, colours, whole=Whole(epochs=0))["head"]
    weights, statistics = state(model.layers[1])
    before_weights, before_statistics = state(trained.model.images)
    assert statistics and all(same(weights, before_weights) + same(statistics, before_statistics))
    head = model.get_layer("head").get_weights()
    assert np.abs(head[0]).max() > 0 and np.abs(head[1]).max() > 0


def test_a_frozen_tower_drops_nothing_by_chance(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """EfficientNet leaves out blocks by chance in training."""

    def dropping(settings: object, *_: object) -> keras.Model:
        pixels = keras.Input((32, 32, 3))
        return keras.Model(pixels, keras.layers.Dropout(0.5)(keras.layers.GlobalAveragePooling2D()(pixels)))

    monkeypatch.setattr(classifiers, "image_tower", dropping)
    without_weights = dataclasses.replace(trained, model=types.SimpleNamespace(images=dropping(None)))
    pixels = np.ones((4, 32, 32, 3), np.float32)
    for whole, frozen_statistics in ((False, False), (False, True), (True, True), (True, False)):
        model = learner(without_weights, 3, 32, whole, frozen_statistics)
        model.get_layer("head").set_weights([np.eye(3), np.zeros(3)])
        logits = model(pixels, training=True).numpy()
        assert np.array_equal(logits, np.ones_like(logits)) == (not whole or frozen_statistics)


@pytest.mark.parametrize("frozen", [False, True])
def test_the_whole_learns_from_there_and_statistics_follow_unless_they_are_frozen(
    trained: Trained, colours: tuple[Labelled, Labelled], frozen: bool
) -> None:
    found = after(trained, colours, frozen_statistics=frozen)
    weights, statistics = state(found["whole"].layers[1])
    before_weights, before_statistics = state(trained.model.images)
    assert not any(same(weights, before_weights))
    assert same(statistics, before_statistics) == [frozen] * len(statistics)
    moved = found["whole"].get_layer("head").get_weights()[0] - found["head"].get_layer("head").get_weights()[0]
    assert 0 < np.abs(moved).max() < np.abs(found["head"].get_layer("head").get_weights()[0]).max()


def test_a_probe_learns_colours_which_it_did_not_know(trained: Trained, colours: tuple[Labelled, Labelled]) -> None:
    task = task_of(trained, dataclasses.replace(SETTINGS, whole=Whole(epochs=0)))
    training, test = colours
    blank = classifier(trained, 3, 40)
    assert measure(blank, test, task.view(40)) == Accuracy(0.0, 1.0, 6)  # all classes tie: none is found
    ((_, learned),) = task.phases(training)
    assert measure(learned, test, task.view(40)).top1 > 0.8


def test_measuring_is_the_share_of_right_answers() -> None:
    logits = np.array([[3.0, 1, 2], [3, 3, 2], [math.nan, 1, 2], [0, 1, 2]])
    assert ranks(logits, np.array([0, 0, 1, 0])).tolist() == [0, 1, 2, 2]


def test_batches_do_not_change_what_is_measured(trained: Trained, colours: tuple[Labelled, Labelled]) -> None:
    (_, (_, model)), view = task_of(trained).phases(colours[0]), task_of(trained).view(48)
    assert measure(model, colours[0], view, batch=5) == measure(model, colours[0], view, batch=64)


class Killed(Exception):
    """In place of a signal."""


class Dying(PhaseCheckpoint):
    """Saves, and then no more."""

    def save(self, model: keras.Model, step: int) -> None:
        super().save(model, step)
        raise Killed


def test_a_run_that_is_killed_in_either_phase_ends_as_if_it_had_not_been(
    trained: Trained, colours: tuple[Labelled, Labelled], tmp_path: Path
) -> None:
    settings = dataclasses.replace(SETTINGS, head=dataclasses.replace(SETTINGS.head, steps=5))
    expected = [model.get_weights() for _, model in task_of(trained, settings).phases(colours[0])]

    def kept(kind: type[PhaseCheckpoint]) -> list[list[np.ndarray]]:
        """Returns the weights of a second run in the same folder."""
        task = task_of(trained, settings)
        phases = task.phases(colours[0], lambda name: kind(Checkpoints(str(tmp_path / name)), every=2))
        return [model.get_weights() for _, model in phases]

    for _ in range(4):
        with pytest.raises(Killed):
            kept(Dying)
    assert Checkpoints(str(tmp_path / "whole")).steps() == [2]
    for found, wanted in zip(kept(PhaseCheckpoint), expected, strict=True):
        assert all(same(found, wanted))
    assert Checkpoints(str(tmp_path / "whole")).steps() == [4]


@pytest.mark.parametrize("changes", [{"whole": Whole(epochs=0)}, {"frozen_statistics": True, "weight_decay": 0.01}])
def test_a_batch_in_pieces_is_the_same_batch(
    trained: Trained, colours: tuple[Labelled, Labelled], changes: dict[str, object]
) -> None:
    """Without batch normalisation; rates fall at each step, not at each piece."""
    once, pieces = (after(trained, colours, **changes, pieces=pieces) for pieces in (1, 3))
    for name, model in once.items():
        for one, other in zip(model.get_weights(), pieces[name].get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=2e-6)


def test_a_loss_that_is_no_number_ends_it(trained: Trained, colours: tuple[Labelled, Labelled]) -> None:
    wild = dataclasses.replace(SETTINGS, head=Phase(steps=50, learning_rate=1e38, size=32))
    with pytest.raises(NotANumber, match=r"is (nan|inf); a lower learning_rate may help"):
        list(task_of(trained, wild).phases(colours[0]))


def test_a_damaged_checkpoint_is_named_with_what_to_type(tmp_path: Path) -> None:
    saved = PhaseCheckpoint(Checkpoints(str(tmp_path)), every=1)
    path = tmp_path / "step-000000003.npz"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(CheckpointError, match=f"{path.name}: no checkpoint.*--overwrite begins anew$"):
        saved.resume(keras.Sequential())
