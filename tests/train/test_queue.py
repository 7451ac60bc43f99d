"""The queue of negatives, the towers that make its keys, and whole runs with both."""

from __future__ import annotations

import math
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import (
    changed,
    record,
    run_of,
    small_image_tower,
    small_text_tower,
    write_shard,
    write_shards,
)
from train import pairs
from train.checkpoint import load
from train.config import Train
from train.errors import TrainingError
from train.fit import Trainer
from train.model import Towers
from train.momentum import follow, key_towers
from train.objective import make_objective
from train.queue import KeyQueue, queue_loss

pytestmark = pytest.mark.slow

QUEUE = changed(queue={"size": 12, "momentum": 0.9}, steps=4)  # half of the 22 pairs


# The queue


def test_the_oldest_keys_go_first():
    queue, rows = KeyQueue(5, 2, "image"), tf.reshape(tf.range(26.0), (13, 2))
    assert queue.held().shape == (0, 2)
    for begin, end, held in ((0, 2, (0, 2)), (2, 5, (0, 5)), (5, 6, (1, 6)), (6, 11, (6, 11)), (11, 13, (8, 13))):
        queue.put(rows[begin:end])
        assert np.array_equal(queue.held(), rows[slice(*held)])


def test_a_batch_that_is_larger_than_the_queue_leaves_its_end():
    queue = KeyQueue(2, 1, "image")
    queue.put(tf.constant([[1.0], [2.0], [3.0]]))
    assert queue.held().numpy().tolist() == [[2], [3]]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_keys_that_are_all_alike_cost_the_logarithm_of_their_number(smoothing: float):
    same = tf.ones((3, 1))
    for negatives in (0, 1, 9):
        loss = queue_loss(same, same, tf.ones((negatives, 1)), tf.constant(0.07), smoothing)
        assert float(loss) == pytest.approx(math.log(1 + negatives), abs=1e-6)


# The key towers


def towers() -> Towers:
    settings = changed(text={"dropout": 0.5})
    return Towers(small_image_tower(settings.image), small_text_tower(settings.text, 30, 16), "towers")


def state(model: Towers) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Statistics of batches, and the seeds of dropout."""
    values = [variable.numpy() for variable in model.non_trainable_variables]
    return [value for value in values if value.dtype == np.float32], [value for value in values if value.ndim == 1][2:]


def test_key_towers_begin_as_the_towers_and_draw_their_own_dropout():
    keras.utils.set_random_seed(0)
    model = towers()
    keys = key_towers(model)
    for key, query in zip(keys.trainable_variables, model.trainable_variables, strict=True):
        assert key is not query and np.array_equal(key, query)
    (seed,), (other) = state(keys)[1], state(model)[1][0]
    assert not np.array_equal(seed, other)


def test_key_towers_follow_in_their_weights_alone():
    keras.utils.set_random_seed(0)
    model = towers()
    keys = key_towers(model)
    for variable in model.variables:
        variable.assign(variable.numpy() + 1)
    before, (statistics, seeds) = [variable.numpy() for variable in keys.trainable_variables], state(keys)
    follow(keys, model, 0.75, tf.distribute.get_strategy())
    for key, start in zip(keys.trainable_variables, before, strict=True):
        np.testing.assert_allclose(key, start + 0.25, rtol=1e-5, atol=1e-6)
    assert all(map(np.array_equal, state(keys)[0], statistics)) and all(map(np.array_equal, state(keys)[1], seeds))


def test_keys_are_normalised_by_their_batch_and_drop_out_as_in_training():
    keras.utils.set_random_seed(0)
    settings = changed(QUEUE, text={"dropout": 0.5})
    model = towers()
    model.temperature = tf.constant(1.0)
    objective = make_objective(model, settings, tf.distribute.get_strategy())
    batch = {"pixels": tf.random.uniform((4, 32, 32, 3), 0, 255), "tokens": tf.ones((4, 8), tf.int32)}
    (statistics, (seed,)), once = state(objective.towers), objective.keys(batch)
    (moved, (drawn,)), again = state(objective.towers), objective.keys(batch)
    assert not np.array_equal(seed, drawn) and not np.array_equal(once[1], again[1])
    assert not np.array_equal(statistics[0], moved[0]) and np.allclose(once[0], again[0], atol=1e-6)
    assert all(np.allclose(np.linalg.norm(keys, axis=1), 1) for keys in once)


# Whole runs


def fit(shards: list[str], output: Path, settings: Train) -> Trainer:
    trainer = Trainer(run_of(shards, output, settings), tf.distribute.get_strategy())
    trainer.fit()
    return trainer


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """22 pairs, and 3 records that are none."""
    folder = tmp_path_factory.mktemp("shards")
    return [*write_shards(folder, 12, 10), write_shard(folder / "bad.tfrecord", [b"\xff\xff"] * 3)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.model.image_tower", small_image_tower)
    monkeypatch.setattr("train.model.text_tower", small_text_tower)


def test_a_run_goes_on_exactly_from_its_checkpoint(shards: list[str], small: None, tmp_path: Path):
    """Queues, key towers and their dropout: all that there is after the last step, to the bit."""
    whole, rest = tmp_path / "whole", tmp_path / "rest"
    trainer = fit(shards, whole, QUEUE)
    (rest / "checkpoints").mkdir(parents=True)
    (rest / "checkpoints/step-000000002.npz").write_bytes((whole / "checkpoints/step-000000002.npz").read_bytes())
    fit(shards, rest, QUEUE)
    ours, theirs = (load(str(output / "checkpoints/step-000000004.npz"))[0] for output in (whole, rest))
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(array, theirs[name]) for name, array in ours.items())
    assert len([name for name in ours if name.startswith("objective/")]) == len(trainer.objective.towers.variables) + 4
    assert all(int(queue.filled) == 12 for queue in trainer.objective.queues)


def test_a_run_from_before_there_were_queues_goes_on(shards: list[str], tmp_path: Path):
    run = run_of(shards, tmp_path)
    facts = run.facts()
    held = {**facts, "records": [list(record) for record in facts["records"]], "train": dict(facts["train"])}
    del held["train"]["queue"]
    run.check(held)
    with pytest.raises(TrainingError, match=r": train\.queue\.size is 0 there, 12 here; train\.steps is 6 there, 4"):
        run_of(shards, tmp_path, changed(QUEUE, queue={"momentum": 0.99})).check(held)


def test_a_queue_that_is_larger_than_the_data_is_refused(shards: list[str], small: None, tmp_path: Path):
    line = "train.queue.size: 23 keys are more than the 22 pairs to train on"
    with pytest.raises(TrainingError, match=f"^{re.escape(line)}$"):
        fit(shards, tmp_path, changed(QUEUE, queue={"size": 23}))
    assert fit(shards, tmp_path, changed(QUEUE, queue={"size": 22}, steps=3)).step == 3


def test_pairs_are_counted_as_far_as_asked_and_without_a_look_at_pictures(
    shards: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pairs, "Picture", None)
    damaged = [*shards[:1], write_shard(tmp_path / "cut", [record(0), record(1)])]
    Path(damaged[1]).write_bytes(Path(damaged[1]).read_bytes()[:-1])
    assert [run_of(shards, tmp_path).records.count(most) for most in (0, 1, 12, 22, 23)] == [0, 1, 12, 22, 22]
    assert run_of(damaged, tmp_path).records.count(12) == 12
    with pytest.raises(TrainingError, match="cut off in the record"):
        run_of(damaged, tmp_path).records.count(14)
    half = run_of(shards, tmp_path, changed(data={"held_out": 0.5})).records
    assert half.count(99) == sum(not half_out(number) for number in range(22)) < 22


def half_out(number: int) -> bool:
    return pairs.Pair.of(record(number)).is_held_out(0.5)
