"""What stops a training, and what its message names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import (
    changed,
    fit,
    record,
    run_of,
    small_image_tower,
    small_text_tower,
    write_shard,
    write_shards,
)
from train.determinism import make_deterministic, said
from train.errors import TrainingError
from train.fit import NotANumber
from train.log import read_log
from train.unread import Unread

pytestmark = pytest.mark.slow


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.model.image_tower", small_image_tower)
    monkeypatch.setattr("train.model.text_tower", small_text_tower)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """22 pairs and 3 bad records, in three files."""
    folder = tmp_path_factory.mktemp("shards")
    return [*write_shards(folder, 12, 10), write_shard(folder / "bad.tfrecord", [record(99, jpg=b"no picture")] * 3)]


def test_weights_that_explode_stop_the_run_and_name_step_and_batch(shards: list[str], small: None, tmp_path: Path):
    settings = changed(optimizer={"learning_rate": 1e30, "warmup_steps": 0}, data={"shards": 16, "shuffle": 99})
    with pytest.raises(NotANumber) as error:
        fit(shards, tmp_path / "out", settings)
    found = re.fullmatch(r"the loss of step (\d) is (nan|inf); its batch was (.*)", str(error.value))
    assert found
    step, keys = int(found[1]), found[3].split(", ")
    stream = run_of(shards, tmp_path, settings).records.training().take(8 * step)
    assert keys == [pair["key"].numpy().decode() for pair in stream][-8:]
    assert not (tmp_path / f"out/checkpoints/step-{step:09d}.npz").exists()
    rows = read_log(str(tmp_path / "out/log.csv"))
    assert [row.step for row in rows] == [*range(1, step + 1)]
    assert [np.isfinite(row.loss) for row in rows] == [True] * (step - 1) + [False]


def test_a_loss_that_is_no_number_between_two_readings_is_named_and_never_saved(
    shards: list[str], small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Step 5 of steps that are read at 1, 3 and 6; the log has the way into it."""
    keys: dict[int, list[bytes]] = {}

    def no_number(self: Unread, step: int, values: dict[str, tf.Tensor], batch: tf.Tensor) -> None:
        keys[step] = batch.numpy().tolist()
        self.steps.append((step, {**values, "loss": tf.constant(np.nan)} if step == 5 else values, batch))

    monkeypatch.setattr(Unread, "add", no_number)
    settings = changed(log_every=6, checkpoints={"every": 3})
    with pytest.raises(NotANumber, match=r"^the loss of step 5 is nan; its batch was k\d+") as error:
        fit(shards, tmp_path, settings)
    assert str(error.value).rpartition(" was ")[2].split(", ") == [key.decode() for key in keys[5]]
    assert sorted(keys) == [1, 2, 3, 4, 5, 6]
    assert [(row.step, np.isfinite(row.loss)) for row in read_log(str(tmp_path / "log.csv"))] == [(4, True), (5, False)]
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-000000003.npz"]


@pytest.mark.parametrize(
    ("keys", "end"), [(99, "98"), (100, "99"), (101, "99 and 1 more"), (2100, "99 and 2,000 more")]
)
def test_a_message_names_a_hundred_keys_at_most(keys: int, end: str):
    said = Unread(tf.distribute.get_strategy()).names(tf.constant([str(key) for key in range(keys)]))
    assert said.startswith("0, 1, 2, ") and said.endswith(f", 98, {end}" if keys > 99 else f", 97, {end}")


@pytest.mark.parametrize(
    ("wanted", "gpus", "on"), [(None, 0, True), (None, 1, False), (True, 1, True), (False, 0, False)]
)
def test_operations_are_deterministic_unless_there_is_a_gpu(wanted, gpus, on, monkeypatch: pytest.MonkeyPatch):
    turned_on = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"] * gpus)
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: turned_on.append(True))
    assert make_deterministic(changed(determinism=wanted)) == on == bool(turned_on)
    assert ("train.determinism" in said(on)) != on


def test_damaged_record_file_is_named(shards: list[str], small: None, tmp_path: Path):
    content = Path(shards[1]).read_bytes()
    (tmp_path / "cut.tfrecord").write_bytes(content[: len(content) // 2])
    with pytest.raises(TrainingError, match=r"cut\.tfrecord: cut off in the record at byte \d+$"):
        fit([*shards, str(tmp_path / "cut.tfrecord")], tmp_path / "out")


def test_batch_that_cannot_be_shared_is_refused(shards: list[str], tmp_path: Path):
    with pytest.raises(
        TrainingError, match=r"^train\.batch: 8 pairs can't be shared by 3 \(devices times train\.pieces\)$"
    ):
        fit(shards, tmp_path, changed(pieces=3))
