"""Checkpoints of a run: which are kept, and what follows a damaged one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf

from tests.support.training import changed, run_of, small_image_tower, small_text_tower, write_shards
from train.checkpoint import CheckpointError, load
from train.evaluate import Retrieval
from train.examiner import Examined
from train.fit import Trainer
from train.retrieval import Recalls

pytestmark = pytest.mark.slow


class Scripted:
    """An examiner that finds what it is told to, one time after the other."""

    def __init__(self, *recalls: float) -> None:
        self.recalls = iter(recalls)

    def measure(self, _: object) -> Examined:
        found = Recalls((next(self.recalls),) * 3, (0.1,) * 3, 9, 9)
        return Examined(Retrieval(found, found), 1.0, 9)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.model.image_tower", small_image_tower)
    monkeypatch.setattr("train.model.text_tower", small_text_tower)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return write_shards(tmp_path_factory.mktemp("shards"), 12, 10)


def trainer_of(shards: list[str], output: Path, resume_from: str = "") -> Trainer:
    run = replace(run_of(shards, output), resume_from=resume_from)
    return Trainer(run, tf.distribute.get_strategy())


def damage(checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-200])


def test_a_damaged_checkpoint_is_refused_and_the_one_before_it_resumes(shards: list[str], tmp_path: Path):
    """With the same result; later checkpoints are removed, so that the next command doesn't take them."""
    trainer_of(shards, tmp_path).fit()
    first, second, last = (tmp_path / f"checkpoints/step-00000000{step}.npz" for step in (2, 4, 6))
    (arrays, facts), log = load(str(last)), (tmp_path / "log.csv").read_bytes()
    damage(last)
    damage(second)
    for asked, damaged, before in (("", last, second), (second.stem, second, first)):
        with pytest.raises(CheckpointError) as error:
            trainer_of(shards, tmp_path, asked)
        assert str(error.value).startswith(f"{damaged}: no checkpoint of python -m train: ")
        says = f"; the one before it is {before.stem}: the same command with --from={before.stem} goes on from there"
        assert str(error.value).endswith(says)
    trainer = trainer_of(shards, tmp_path, first.stem)
    assert trainer.step == 2 and trainer.run.checkpoints.steps() == [2]
    trainer.fit()
    again, told = load(str(last))
    assert told == facts and all(again[name].tobytes() == array.tobytes() for name, array in arrays.items())
    assert (tmp_path / "log.csv").read_bytes() == log
    last.unlink()
    second.unlink()
    damage(first)
    with pytest.raises(CheckpointError, match=r"; there is none before it: --overwrite begins anew$"):
        trainer.run.held()


def test_the_best_checkpoint_is_kept_besides_the_last_ones(shards: list[str], tmp_path: Path):
    """The first of the two best; then the last, which is better."""
    run = run_of(shards, tmp_path, changed(checkpoints={"every": 4, "keep": 1}, evaluation={"every": 1}))
    trainer = Trainer(run, tf.distribute.get_strategy(), examiner=Scripted(0.1, 0.5, 0.5, 0.2, 0.1))
    trainer.fit()
    assert run.checkpoints.steps() == [2, 6]
    assert trainer.measurements.best and trainer.measurements.best.step == 2
    trainer.record(Scripted(0.6).measure(None))
    assert run.checkpoints.steps() == [6]
