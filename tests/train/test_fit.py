"""Whole runs: that they go on exactly, that pieces and half precision run, and what stops them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from concurrent.futures.process import BrokenProcessPool
from itertools import pairwise
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.util import event_pb2

from tests.support.training import (
    SETTINGS,
    changed,
    examiner_of,
    in_process,
    record,
    run_of,
    small_image_tower,
    small_text_tower,
    write_shard,
    write_shards,
)
from train import model
from train.checkpoint import load
from train.config import Train
from train.determinism import make_deterministic, said
from train.errors import TrainingError
from train.examiner import Examiner
from train.fit import NotANumber, Trainer
from train.log import read_log
from train.measurements import read_measurements
from train.run import OtherTraining
from train.times import read_times
from train.unread import Unread

pytestmark = pytest.mark.slow(seconds=50)

QUEUE = changed(queue={"size": 12, "momentum": 0.9}, data={"held_out": 0.3})
MEASURED = changed(QUEUE, evaluation={"every": 1})
BAD = record(99, jpg=b"no picture")


def fit(shards: list[str], output: Path, settings: Train = SETTINGS) -> Trainer:
    run = run_of(shards, output, settings)
    trainer = Trainer(run, tf.distribute.get_strategy(), examiner=examiner_of(run))
    trainer.fit()
    return trainer


def fit_and_die(shards: list[str], output: Path, settings: Train) -> None:
    """Is killed while it writes the checkpoint after step 4: the log is written, the checkpoint not whole."""
    rename = tf.io.gfile.rename

    def die_at_the_fourth(source: str, target: str, overwrite: bool) -> None:
        if "000000004" in source:
            Path(source).write_bytes(Path(source).read_bytes()[:1000])
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target, overwrite)

    tf.io.gfile.rename = die_at_the_fourth
    model.image_tower = small_image_tower
    fit(shards, output, settings)


def measured(output: Path) -> list[int]:
    return [row.step for row in read_measurements(str(output / "evaluation.csv"))]


def events(output: Path) -> dict[str, dict[int, float]]:
    """Values that TensorBoard shows, by name and step."""
    shown: dict[str, dict[int, float]] = {}
    for path in sorted((output / "tensorboard").iterdir()):
        for written in tf.data.TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(written.numpy())
            for value in event.summary.value:
                shown.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    return shown


def state(output: Path, step: int) -> tuple[dict[str, bytes], dict]:
    arrays, facts = load(str(output / f"checkpoints/step-{step:09d}.npz"))
    return {name: array.tobytes() for name, array in arrays.items()}, facts


def fresh(output: Path, source: Path, step: int = 2) -> Path:
    """A folder with nothing but the checkpoint after `step` steps of another run."""
    name = f"checkpoints/step-{step:09d}.npz"
    (output / "checkpoints").mkdir(parents=True)
    (output / name).write_bytes((source / name).read_bytes())
    return output


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.model.image_tower", small_image_tower)
    monkeypatch.setattr("train.model.text_tower", small_text_tower)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """22 pairs and 3 bad records, in three files."""
    folder = tmp_path_factory.mktemp("shards")
    return [*write_shards(folder, 12, 10), write_shard(folder / "bad.tfrecord", [BAD] * 3)]


@pytest.fixture(scope="module")
def uninterrupted(shards: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six steps that was never interrupted."""
    output = tmp_path_factory.mktemp("uninterrupted")
    with mock.patch.multiple(model, image_tower=small_image_tower, text_tower=small_text_tower):
        fit(shards, output)
    return output


@pytest.fixture
def whole(uninterrupted: Path, small: None, tmp_path: Path) -> Path:
    """A copy of that run, which a test may change."""
    return Path(shutil.copytree(uninterrupted, tmp_path / "whole"))


def test_killed_run_goes_on_as_if_it_had_not_been(shards: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With all that can have a state: the queue is full, and has let keys go, when the run is killed.

    Of the towers BERT has dropout in many places, and the picture's the statistics of its batches.
    """
    monkeypatch.setattr(model, "image_tower", small_image_tower)
    with pytest.raises(BrokenProcessPool):
        in_process(fit_and_die, shards, tmp_path / "killed", MEASURED).result()
    left = sorted(path.name for path in (tmp_path / "killed/checkpoints").iterdir())
    assert left == [*(f"step-00000000{step}.npz" for step in (1, 2, 3)), "step-000000004.npz.tmp"]
    assert [row.step for row in read_log(str(tmp_path / "killed/log.csv"))] == [1, 2, 3, 4]
    assert measured(tmp_path / "killed") == [1, 2, 3]
    fit(shards, tmp_path / "killed", MEASURED)
    fit(shards, tmp_path / "whole", MEASURED)
    fit(shards, tmp_path / "unmeasured", QUEUE)
    assert measured(tmp_path / "whole") == [1, 2, 3, 4, 5]
    for name in ("log.csv", "evaluation.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert state(tmp_path / "killed", 6) == state(tmp_path / "whole", 6)
    assert (tmp_path / "unmeasured/log.csv").read_bytes() == (tmp_path / "whole/log.csv").read_bytes()
    assert state(tmp_path / "unmeasured", 6)[0] == state(tmp_path / "whole", 6)[0]
    assert read_times(str(tmp_path / "killed/timing.json")).sessions == 2


def test_what_was_not_measured_before_a_kill_is_measured_after_it(shards: list[str], small: None, tmp_path: Path):
    """The checkpoint of a step is written before the step is measured; a run with another `every` goes on as well."""
    settings = changed(data={"held_out": 0.3}, evaluation={"every": 2})
    whole, rest, other = tmp_path / "whole", tmp_path / "rest", tmp_path / "other"
    fit(shards, whole, settings)
    assert measured(whole) == [2, 4]
    fit(shards, fresh(rest, whole), settings)
    assert (rest / "evaluation.csv").read_bytes() == (whole / "evaluation.csv").read_bytes()
    fit(shards, fresh(other, whole), changed(settings, evaluation={"every": 3}))
    assert measured(other) == [3]
    assert state(other, 6)[0] == state(rest, 6)[0] == state(whole, 6)[0]


def test_the_end_is_measured_once(shards: list[str], small: None, tmp_path: Path):
    """By whoever calls `record`, and with the numbers of the pairs read anew."""
    settings = changed(data={"held_out": 0.3}, evaluation={"every": 4})
    trainer = fit(shards, tmp_path, settings)
    found = Examiner(trainer.run.records, True, settings).measure(trainer.model)
    assert trainer.examiner and trainer.examiner.measure(trainer.model) == found
    written = trainer.record(found)
    before = (tmp_path / "evaluation.csv").read_bytes(), (tmp_path / "timing.json").read_bytes()
    assert trainer.record(found) == written == read_measurements(str(tmp_path / "evaluation.csv"))[-1]
    assert before == ((tmp_path / "evaluation.csv").read_bytes(), (tmp_path / "timing.json").read_bytes())
    assert measured(tmp_path) == [4, 6]
    assert written.text_to_image == found.retrieval.text_to_image.found
    assert (written.loss, written.candidates) == (found.loss, found.candidates)
    shown = events(tmp_path)
    assert shown["evaluation/loss"] == {row.step: pytest.approx(row.loss) for row in trainer.measurements.rows}
    assert shown["evaluation/text_to_image_r5"].keys() == {4, 6} and shown["loss"].keys() == set(range(1, 7))
    assert shown["pairs_per_second"].keys() == set(range(2, 7))  # the first step is traced


def test_the_end_measured_on_other_pairs_replaces_its_row(shards: list[str], small: None, tmp_path: Path):
    settings = changed(data={"held_out": 0.5}, evaluation={"every": 4})
    trainer = fit(shards, tmp_path, settings)
    trainer.record(Examiner(trainer.run.records, True, settings).measure(trainer.model))
    fewer = changed(settings, evaluation={"pictures": 2})
    row = trainer.record(Examiner(trainer.run.records, True, fewer).measure(trainer.model))
    assert measured(tmp_path) == [4, 6]
    assert read_measurements(str(tmp_path / "evaluation.csv"))[-1] == row and row.candidates == 2


def test_log_has_the_rate_of_the_schedule_and_the_temperature_before_the_step(shards: list[str], whole: Path):
    rows = read_log(str(whole / "log.csv"))
    assert [row.step for row in rows] == [1, 2, 3, 4, 5, 6]
    assert np.allclose([row.learning_rate for row in rows], [0.005, 0.01, 0.01, 0.0075, 0.005, 0.0025])
    assert rows[0].temperature == pytest.approx(SETTINGS.temperature.start)
    for row, after in pairwise(rows):  # LAMB changes a scalar by the rate, as a share of it
        assert abs(after.temperature / row.temperature - 1) == pytest.approx(row.learning_rate, rel=1e-3)


def test_bad_records_are_counted_through_all_epochs(shards: list[str], whole: Path):
    _, facts = state(whole, 6)
    ((group, _, bad),) = facts["places"]
    assert group in (4, 5)  # 48 pairs are two epochs of 22 in two groups each, and 4 more
    assert 6 <= bad <= 9


@pytest.mark.parametrize(
    ("changes", "precision"),
    [
        ({"pieces": 2}, "float32"),
        ({}, "mixed_bfloat16"),
        ({}, "mixed_float16"),
        ({"pieces": 2, "queue": {"size": 12}}, "mixed_bfloat16"),
    ],
)
def test_pieces_and_half_precision_go_on_exactly(
    changes: dict, precision: str, shards: list[str], small: None, tmp_path: Path
):
    """The rest isn't measured on the way, as the whole is."""
    settings = changed(precision=precision, data={"held_out": 0.3}, **changes)
    whole, rest = tmp_path / "whole", tmp_path / "rest"
    fit(shards, whole, changed(settings, evaluation={"every": 1}))
    fit(shards, fresh(rest, whole), settings)
    assert state(rest, 6)[0] == state(whole, 6)[0]
    assert state(rest, 6)[1]["places"] == state(whole, 6)[1]["places"]
    assert all(np.isfinite(row.loss) for row in read_log(str(whole / "log.csv")))


def test_what_is_only_about_looking_may_change_within_a_run(shards: list[str], whole: Path, tmp_path: Path):
    looks = changed(log_every=3, checkpoints={"every": 4, "keep": 1}, evaluation={"pictures": 7})
    fit(shards, fresh(tmp_path / "rest", whole), looks)
    assert state(tmp_path / "rest", 6)[0] == state(whole, 6)[0]
    assert [path.name for path in (tmp_path / "rest/checkpoints").iterdir()] == ["step-000000006.npz"]
    assert [row.step for row in read_log(str(tmp_path / "rest/log.csv"))] == [3, 6]


def test_finished_run_is_left_as_it_is(shards: list[str], whole: Path):
    before = {path: path.read_bytes() for path in whole.rglob("*.[nc][ps][zv]")}
    assert fit(shards, whole).step == 6
    assert {path: path.read_bytes() for path in whole.rglob("*.[nc][ps][zv]")} == before


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"batch": 16}, "train.batch is 8 there, 16 here"),
        ({"seed": 1, "text": {"length": 9}}, "train.text.length is 8 there, 9 here; train.seed is 0 there, 1 here"),
        ({"optimizer": {"learning_rate": 0.5}}, "train.optimizer.learning_rate is 0.01 there, 0.5 here"),
    ],
)
def test_other_settings_are_another_run(changes: dict, line: str, shards: list[str], small: None, tmp_path: Path):
    held = run_of(shards, tmp_path).facts()
    with pytest.raises(
        OtherTraining, match=f"^{re.escape(str(tmp_path))} holds another run: {line}; --overwrite replaces it$"
    ):
        run_of(shards, tmp_path, changed(**changes)).check(json.loads(json.dumps(held)))


def test_another_vocabulary_or_other_records_are_another_run(shards: list[str], whole: Path):
    vocabulary = "its vocabulary has the sha256 0f0f0f0f0f0f…, this one abababababab…"
    for run, line in (
        (run_of(shards, whole, vocabulary="ab" * 32), vocabulary),
        (run_of(shards[:2], whole), "its records are 3 other files"),
    ):
        with pytest.raises(OtherTraining, match=line):
            Trainer(run, tf.distribute.get_strategy())


def test_same_names_with_other_records_are_another_run(shards: list[str], whole: Path, tmp_path: Path):
    copies = [tmp_path / Path(shard).name for shard in shards]
    for copy, shard in zip(copies, shards, strict=True):
        copy.write_bytes(Path(shard).read_bytes())
    fit([str(copy) for copy in copies], whole)  # moved, and the same
    write_shard(copies[2], [BAD] * 2)
    with pytest.raises(OtherTraining, match="its records are 3 other files"):
        fit([str(copy) for copy in copies], whole)


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
    """Step 4 of steps that are read at 1, 3 and 6."""
    keys: dict[int, list[bytes]] = {}

    def no_number(self: Unread, step: int, values: dict[str, tf.Tensor], batch: tf.Tensor) -> None:
        keys[step] = batch.numpy().tolist()
        self.steps.append((step, {**values, "loss": tf.constant(np.nan)} if step == 4 else values, batch))

    monkeypatch.setattr(Unread, "add", no_number)
    settings = changed(log_every=5, checkpoints={"every": 3})
    with pytest.raises(NotANumber, match=r"^the loss of step 4 is nan; its batch was k\d+") as error:
        fit(shards, tmp_path, settings)
    assert str(error.value).rpartition(" was ")[2].split(", ") == [key.decode() for key in keys[4]]
    assert sorted(keys) == [1, 2, 3, 4, 5]
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-000000003.npz"]


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
