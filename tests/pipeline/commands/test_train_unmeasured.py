"""Towers are written before they are measured; measures that can't be taken are reported; an output has one writer."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from pipeline.commands.program import Program
from pipeline.storage.lock import Held, locked, locked_files
from tests.support.command import ROOT
from tests.support.training import PIECES, in_process, use_small_towers, write_shards

pytestmark = pytest.mark.slow

SETTINGS = (
    "--train.image.tower=tiny", "--train.image.resize=40", "--train.image.crop=32", "--train.text.tower=tiny",
    "--train.text.length=8", "--train.batch=4", "--train.steps=2", "--train.optimizer.warmup_steps=1",
)  # fmt: skip
MODEL = {"image_tower.keras", "text_tower.keras", "vocab.txt", "log.csv", "checkpoints", "timing.json"}


def fit_each(folder: Path) -> dict[str, list[str]]:
    """Trains with none, one and most of twelve pictures held out; then where measuring fails. Returns what was said."""
    from pipeline.commands.train.evaluate.options import EVALUATE
    from pipeline.commands.train.fit import run
    from pipeline.commands.train.fit.options import FIT

    def fit(name: str, held_out: float) -> list[str]:
        words = [f"--config={ROOT}/configs/toy.yaml", f"--records={folder}/*.tfrecord", f"--vocab={folder}/vocab.txt"]
        more = [f"--output={folder}/{name}", f"--train.data.held_out={held_out}", *SETTINGS]
        given = FIT.parse([*words, *more])
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            code = FIT.execute(Program("train"), given, "")
        return [*out.getvalue().splitlines(), str(code)]

    def fails(*_: object) -> None:
        raise MemoryError("no room to measure")

    use_small_towers()
    said = {name: fit(name, held_out) for name, held_out in (("none", 0.0), ("one", 0.09), ("most", 0.6))}
    run.Examiner.measure = fails
    said["fails"] = fit("fails", 0.6)
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
    assert {path.name for path in (folder / name).iterdir()} == MODEL | {"model.json", "report.html", "tensorboard"}
    assert json.loads((folder / name / "model.json").read_text())["retrieval"] is None
    assert f"Recall was not measured: {reason}" in (folder / name / "report.html").read_text()


def test_enough_pictures_are_measured(folder: Path, said: dict[str, list[str]]) -> None:
    recalls = json.loads((folder / "most" / "model.json").read_text())["retrieval"]
    assert 2 <= recalls["text_to_image"]["candidates"] <= 11 and said["most"][-1] == "0"


def test_a_model_is_whole_where_measuring_fails(folder: Path, said: dict[str, list[str]]) -> None:
    assert said["fails"][-2:][0].startswith("train: MemoryError: no room to measure") and said["fails"][-1] == "1"
    assert {path.name for path in (folder / "fails").iterdir()} >= MODEL
    for name in ("image_tower.keras", "text_tower.keras"):
        assert (folder / "fails" / name).stat().st_size == (folder / "most" / name).stat().st_size


def test_two_trainings_in_one_output_are_refused(said: dict[str, list[str]]) -> None:
    assert said["held"][-1] == "1" and "is being written by process" in said["held"][-2]
