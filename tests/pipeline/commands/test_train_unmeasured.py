"""Towers are written before they are measured; measures that can't be taken are reported; an output has one writer."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.commands.command import Command
from pipeline.commands.program import Program
from pipeline.commands.train.fit.run import _tell_best, _tell_of_pairs_twice, on_the_way
from pipeline.commands.train.material import Shards
from pipeline.storage.lock import Held, locked, locked_files
from tests.support.command import ROOT
from tests.support.training import PIECES, changed, in_process, run_of, use_small_towers, write_shards
from train.examiner import Examiner
from train.log import Log
from train.measurements import Measurement, Measurements, read_measurements

pytestmark = pytest.mark.slow

SETTINGS = (
    "--train.image.tower=tiny", "--train.image.resize=40", "--train.image.crop=32", "--train.text.tower=tiny",
    "--train.text.length=8", "--train.batch=4", "--train.steps=2", "--train.optimizer.warmup_steps=1",
    "--train.checkpoints.every=1",
)  # fmt: skip
MODEL = {"image_tower.keras", "text_tower.keras", "vocab.txt", "log.csv", "checkpoints", "timing.json"}


def fit_each(folder: Path) -> dict[str, list[str]]:
    """Trains with none, one and most of twelve pictures held out; then where measuring fails, at the end and on the
    way; then measures the last. Returns what was said.
    """
    from pipeline.commands.train.evaluate.options import EVALUATE
    from pipeline.commands.train.fit import run
    from pipeline.commands.train.fit.options import FIT

    def said_by(command: Command[Any], *words: str) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            code = command.execute(Program("train"), command.parse(words), "")
        return [*out.getvalue().splitlines(), str(code)]

    def fit(name: str, held_out: float, every: int = 1) -> list[str]:
        words = [f"--config={ROOT}/configs/toy.yaml", f"--records={folder}/*.tfrecord", f"--vocab={folder}/vocab.txt"]
        more = [f"--output={folder}/{name}", f"--train.data.held_out={held_out}", *SETTINGS]
        return said_by(FIT, *words, *more, f"--train.evaluation.every={every}")

    def fails(*_: object) -> None:
        raise MemoryError("no room to measure")

    use_small_towers()
    said = {name: fit(name, held_out) for name, held_out in (("none", 0.0), ("one", 0.09), ("most", 0.6))}
    run.Examiner.measure = fails
    said["fails"] = fit("fails", 0.6, every=0)
    said["fails on the way"] = fit("fails on the way", 0.6, every=1)
    said["its model"] = said_by(EVALUATE, f"--model={folder}/fails on the way", f"--records={folder}/*.tfrecord")
    with locked(f"{folder}/none"):
        said["held"] = fit("none", 0.0)
    given = EVALUATE.parse(["--model=x", "--corpus=x", f"--output={folder}/numbers.json"])
    with locked_files(f"{folder}/numbers.json"), pytest.raises(Held, match=r"numbers\.json is"):
        EVALUATE.run(given, "")
    return said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unmeasured")
    write_shards(folder, 12)
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES))
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, list[str]]:
    return in_process(fit_each, folder).result()


@pytest.mark.parametrize(("name", "reason"), [("none", "0 held-out pictures"), ("one", "1 held-out picture")])
def test_too_few_pictures_to_measure_are_said_and_not_an_error(
    folder: Path, said: dict[str, list[str]], name: str, reason: str
) -> None:
    assert f"recall: not measured, {reason}" in said[name] and said[name][-1] == "0"
    assert ("train: train.data.held_out=0 holds out no picture, so recall won't be measured" in said[name]) == (
        name == "none"
    )
    before = f"train: {reason}, where recall takes two at least: nothing is measured; see train.data.held_out"
    assert (before in said[name]) == (name == "one")
    assert {path.name for path in (folder / name).iterdir()} == MODEL | {"model.json", "report.html", "tensorboard"}
    assert json.loads((folder / name / "model.json").read_text())["retrieval"] is None
    assert f"Recall was not measured: {reason}" in (folder / name / "report.html").read_text()


def test_enough_pictures_are_measured(folder: Path, said: dict[str, list[str]]) -> None:
    recalls = json.loads((folder / "most" / "model.json").read_text())["retrieval"]
    assert 2 <= recalls["text_to_image"]["candidates"] <= 11 and said["most"][-1] == "0"
    on_the_way, end = read_measurements(str(folder / "most" / "evaluation.csv"))
    assert (on_the_way.step, end.step) == (1, 2) and on_the_way.line in said["most"]
    assert list(end.text_to_image) == recalls["text_to_image"]["found"]
    twice = "train: pairs to learn: 6; batches of 4 hold some twice, as their own wrong candidates"
    assert said["most"].count(twice) == 1 and not any("hold some twice" in line for line in said["none"])
    assert "On held-out pictures" in (folder / "most" / "report.html").read_text()


def test_measuring_after_the_last_step_is_said_to_be_the_end(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards, counted = [str(folder / "0.tfrecord")], "train: recall is measured on 6 held-out pictures with 6 captions\n"
    for every, says in (
        (0, counted),
        (6, counted),
        (7, f"{counted}train: train.evaluation.every=7 is over the 6 steps: only the end is measured\n"),
    ):
        settings = changed(data={"held_out": 0.6}, evaluation={"every": every})
        run = run_of(shards, tmp_path, settings)
        assert (on_the_way(Examiner(run.records, True, settings)) is None) == (every != 6)
        assert capsys.readouterr().err == says


@pytest.mark.parametrize(
    ("recalls", "losses", "says"),
    [
        ((0.5, 0.25), (2.0, 1.0), "50.0% with a loss of 2.000 after step 1, 25.0% with a loss of 1.000 at the end"),
        ((0.5, 0.5), (1.0, 2.0), "50.0% with a loss of 1.000 after step 1, 50.0% with a loss of 2.000 at the end"),
        ((0.5, 0.5), (2.0, 1.0), None),
        ((0.25, 0.5), (1.0, 2.0), None),
    ],
)
def test_the_best_is_told_with_what_it_is_chosen_by(
    recalls: tuple[float, ...], losses: tuple[float, ...], says: str | None, tmp_path: Path, capsys: Any
) -> None:
    trainer: Any = SimpleNamespace(run=run_of([], tmp_path, changed()))
    trainer.measurements = Measurements(str(tmp_path), 0, Log(str(tmp_path), 0, events=False))
    for step, (recall, loss) in enumerate(zip(recalls, losses, strict=True), 1):
        trainer.measurements.add(Measurement(step, loss, 4, (recall,) * 3, (recall,) * 3))
    _tell_best(trainer)
    path = f"{tmp_path}/checkpoints/step-000000001.npz"
    line = f"train: mean recall was best on the way, {says}; --model={path} takes that checkpoint\n"
    assert capsys.readouterr().err == (line if says else "")


@pytest.mark.parametrize(("pairs", "told"), [(0, False), (1, True), (7, True), (8, False)])
def test_pairs_that_fill_two_batches_are_not_told_and_none_is_left_to_the_error(
    pairs: int, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = write_shards(tmp_path, pairs or 1)
    settings = changed(batch=4, data={"held_out": 0.0 if pairs else 0.999})
    trainer: Any = SimpleNamespace(run=run_of(shards, tmp_path, settings), settings=settings)
    _tell_of_pairs_twice(trainer, Shards(tuple(shards), {}))
    assert capsys.readouterr().err.startswith(f"train: pairs to learn: {pairs}; batches of 4 hold some twice") == told


def test_a_model_is_whole_where_measuring_fails(folder: Path, said: dict[str, list[str]]) -> None:
    assert said["fails"][-2:][0].startswith("train: MemoryError: no room to measure") and said["fails"][-1] == "1"
    assert {path.name for path in (folder / "fails").iterdir()} >= MODEL
    for name in ("image_tower.keras", "text_tower.keras"):
        assert (folder / "fails" / name).stat().st_size == (folder / "most" / name).stat().st_size
    facts, whole = (json.loads((folder / name / "model.json").read_text()) for name in ("fails", "most"))
    assert facts["steps"] == 2 and facts["retrieval"] is None and facts["parameters"] == whole["parameters"]


def test_a_run_that_is_not_finished_can_be_measured(folder: Path, said: dict[str, list[str]]) -> None:
    """By its newest checkpoint, with the vocabulary and facts that were written at its start."""
    left = folder / "fails on the way"
    assert json.loads((left / "model.json").read_text())["steps"] == 0 and not (left / "image_tower.keras").exists()
    assert (left / "vocab.txt").read_bytes() == (folder / "vocab.txt").read_bytes()
    _, told, *table, chance, code = said["its model"]
    assert told == f"model: {left}/checkpoints/step-000000001.npz is of step 1 of 2"
    assert code == "0" and len(table) == 8 and chance.startswith("text to image R@1 is ")


def test_two_trainings_in_one_output_are_refused(said: dict[str, list[str]]) -> None:
    assert said["held"][-1] == "1" and "is being written by process" in said["held"][-2]
