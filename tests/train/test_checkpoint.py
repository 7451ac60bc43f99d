"""Checkpoints: what is saved comes back, and what is damaged, unfinished or of another model is told."""

from __future__ import annotations

import random
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from train.checkpoint import CheckpointError, Checkpoints, NoCheckpoint, arrays_of, load, restore
from train.lamb import Lamb

pytestmark = pytest.mark.slow

FACTS = {"step": 3, "places": [[0, 1, 2]], "run": {"vocabulary": "été"}}
ARRAYS = {"a/0": np.arange(6, dtype=np.float32).reshape(2, 3), "a/1": np.array(7, np.int64), "b/0": np.zeros((0, 2))}


def model_of(width: int) -> keras.Model:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(width), keras.layers.Dropout(0.5)])


def save(folder: Path, arrays: dict[str, np.ndarray] = ARRAYS) -> Path:
    Checkpoints(str(folder)).save(3, arrays, FACTS)
    return folder / "step-000000003.npz"


def test_what_is_saved_comes_back(tmp_path: Path):
    arrays, facts = load(str(save(tmp_path)))
    assert facts == FACTS
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array)


def test_it_is_an_archive_that_numpy_reads(tmp_path: Path):
    with np.load(save(tmp_path)) as content:
        assert np.array_equal(content["a/0"], ARRAYS["a/0"])


def test_the_last_ones_are_kept_and_the_unfinished_do_not_count(tmp_path: Path):
    folder = Checkpoints(str(tmp_path / "deep" / "checkpoints"))
    assert folder.steps() == []
    assert folder.newest() is None
    for step in (9, 10, 100):
        folder.save(step, ARRAYS, FACTS)
        folder.keep(2)
    for name in ("step-000000200.npz.tmp", "step-200.npz", "notes.txt"):
        Path(folder.folder, name).write_bytes(b"")
    assert folder.steps() == [10, 100]
    assert folder.newest() == folder.path(100)


def test_one_more_may_be_kept_and_later_ones_removed(tmp_path: Path):
    folder = Checkpoints(str(tmp_path))
    for step in (1, 2, 3, 4, 5):
        folder.save(step, ARRAYS, FACTS)
    folder.keep(2, also=2)
    assert folder.steps() == [2, 4, 5]
    folder.keep(2, also=5)
    assert folder.steps() == [4, 5]
    folder.remove_after(4)
    assert folder.steps() == [4]


def test_checkpoints_are_found_by_name_and_before_another(tmp_path: Path):
    folder = Checkpoints(str(tmp_path))
    with pytest.raises(NoCheckpoint, match=r" has no checkpoint step-000000003; it has none$"):
        folder.named("step-000000003")
    for step in (3, 5):
        folder.save(step, ARRAYS, FACTS)
    assert folder.named("step-000000003") == folder.before(folder.path(5)) == folder.path(3)
    assert folder.before(folder.path(3)) is None
    with pytest.raises(NoCheckpoint, match=r"step-000000004; it has step-000000003, step-000000005$"):
        folder.named("step-000000004")


def test_saving_again_replaces_what_was_left_unfinished(tmp_path: Path):
    (tmp_path / "step-000000003.npz.tmp").write_bytes(b"half" * 10_000)
    assert load(str(save(tmp_path)))[1] == FACTS
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000003.npz"]


def test_damage_never_goes_unseen(tmp_path: Path):
    """A cut anywhere, a changed byte anywhere: an error that names the file, or all values are right after all."""
    path, dice = save(tmp_path), random.Random(0)
    content = path.read_bytes()
    for number in range(400):
        damaged = bytearray(content)
        if number % 2:
            del damaged[dice.randrange(len(content)) :]
        else:
            damaged[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        try:
            arrays, facts = load(str(path))
        except CheckpointError as error:
            assert str(error).startswith(f"{path}: no checkpoint of python -m train: ")
        else:
            assert number % 2 == 0
            assert facts == FACTS
            assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


@pytest.mark.parametrize("content", [b"", b"step", b"\x80\x04K\x01."], ids=["empty", "text", "pickle"])
def test_other_files_are_no_checkpoints(content: bytes, tmp_path: Path):
    path = tmp_path / "step-000000003.npz"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"^{re.escape(str(path))}: no checkpoint"):
        load(str(path))


def test_archive_without_facts_is_no_checkpoint(tmp_path: Path):
    np.savez(tmp_path / "weights.npz", **ARRAYS)
    with pytest.raises(CheckpointError, match=r"weights\.npz: no checkpoint of python -m train"):
        load(str(tmp_path / "weights.npz"))


def test_model_and_optimizer_come_back_with_the_state_of_dropout(tmp_path: Path):
    first, second = model_of(3), model_of(3)
    slow, fast = Lamb(0.1), Lamb(0.1)
    for model, optimizer in ((first, slow), (second, fast)):
        optimizer.build(model.trainable_variables)
    for _ in range(2):
        first(np.ones((1, 4)), training=True)
        slow.apply([np.ones(variable.shape, np.float32) for variable in first.trainable_variables])
    arrays, _ = load(str(save(tmp_path, arrays_of(model=first, optimizer=slow))))
    restore(arrays, "a", model=second, optimizer=fast)
    assert int(fast.iterations) == 2
    for ours, theirs in zip([*first.variables, *slow.variables], [*second.variables, *fast.variables], strict=True):
        assert np.array_equal(ours.numpy(), theirs.numpy())
    batch = tf.ones((5, 4))
    assert np.array_equal(first(batch, training=True), second(batch, training=True))


def test_other_shape_names_the_variable_and_changes_nothing(tmp_path: Path):
    arrays, other = arrays_of(model=model_of(3)), model_of(5)
    before = arrays_of(model=other)
    with pytest.raises(CheckpointError, match=r"^x\.npz: .*kernel is \(4, 3\), and \(4, 5\) in this model$"):
        restore(arrays, "x.npz", model=other)
    assert all(np.array_equal(before[name], array) for name, array in arrays_of(model=other).items())


def test_missing_variable_is_named():
    model = model_of(3)
    arrays = arrays_of(model=model)
    del arrays["model/1"]
    with pytest.raises(CheckpointError, match=r"bias is missing, and \(3,\) in this model$"):
        restore(arrays, "x.npz", model=model)
