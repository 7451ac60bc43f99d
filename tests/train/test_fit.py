"""Whole runs: that they go on exactly, and that pieces and half precision run."""

from __future__ import annotations

import csv
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

from tests.support.training import (
    SETTINGS,
    changed,
    fit,
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
from train.fit import Trainer
from train.log import HELD_OUT, read_log
from train.measurements import read_measurements
from train.run import OtherTraining
from train.times import read_times

pytestmark = pytest.mark.slow(seconds=110)

MEASURED = changed(queue={"size": 12, "momentum": 0.9}, data={"held_out": 0.3}, evaluation={"every": 1})
BAD = record(99, jpg=b"no picture")


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


def cells(path: Path, prefix: str = "") -> list[list[str]]:
    """The text of held-out loss and recalls in each row of a table."""
    with path.open(newline="") as file:
        return [[row[f"{prefix}{name}"] for name in HELD_OUT] for row in csv.DictReader(file)]


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
    assert measured(tmp_path / "whole") == [1, 2, 3, 4, 5]
    assert cells(tmp_path / "whole/log.csv", "held_out_")[:5] == cells(tmp_path / "whole/evaluation.csv")
    assert cells(tmp_path / "whole/log.csv", "held_out_")[5:] == [[""] * len(HELD_OUT)]
    for name in ("log.csv", "evaluation.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert state(tmp_path / "killed", 6) == state(tmp_path / "whole", 6)
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
    log, after = (read_log(str(output / "log.csv")) for output in (whole, rest))
    assert after == log[2:] and all(np.isfinite(row.loss) for row in log)


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
