"""The measurement at the end of a training: written once, in the table and for TensorBoard."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.core.util import event_pb2

from tests.support.training import changed, fit, small_image_tower, small_text_tower, write_shards
from train.examiner import Examiner
from train.measurements import read_measurements

pytestmark = pytest.mark.slow


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.model.image_tower", small_image_tower)
    monkeypatch.setattr("train.model.text_tower", small_text_tower)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return write_shards(tmp_path_factory.mktemp("shards"), 12, 10)


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
