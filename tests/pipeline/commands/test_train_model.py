"""The checkpoint that --model and --from take: the newest, or one by path or name; what a damaged one is told by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.commands.train.fit.options import FIT
from pipeline.commands.train.fit.run import fit
from pipeline.commands.train.material import Shards, load_model
from pipeline.commands.train.transfer.options import TRANSFER
from pipeline.inputs import InputError
from tests.support.command import ROOT
from tests.support.transfers import small_towers_patched, write_model
from train.checkpoint import CheckpointError, NoCheckpoint

pytestmark = pytest.mark.slow

FIT_WORDS = ("--config=toy", "--corpus=x", "--output=x")


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Path]:
    """An output with two checkpoints of a run that isn't finished."""
    with small_towers_patched():
        folder = Path(write_model(tmp_path / "model"))
        first = folder / "checkpoints/step-000000001.npz"
        first.with_name("step-000000002.npz").write_bytes(first.read_bytes())
        yield folder


def test_the_newest_checkpoint_or_that_of_a_path_is_taken_and_told(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked, step in ((model, 2), (model / "checkpoints/step-000000001.npz", 1)):
        load_model(str(asked))
        told = f"model: {model}/checkpoints/step-00000000{step}.npz is of step 1 of 6\n"  # which both were written at
        assert capsys.readouterr().err == told
    with pytest.raises(NoCheckpoint, match=r"has no checkpoint step-3; it has step-000000001, step-000000002$"):
        load_model(f"{model}/checkpoints/step-3.npz")


def test_the_one_before_a_damaged_checkpoint_is_named(model: Path) -> None:
    first, second = (model / f"checkpoints/step-00000000{step}.npz" for step in (1, 2))
    second.write_bytes(second.read_bytes()[:-200])
    with pytest.raises(CheckpointError) as error:
        load_model(str(model))
    assert str(error.value).startswith(f"{second}: no checkpoint of python -m train: ")
    assert str(error.value).endswith(f"; --model={first} takes the one before it")
    assert load_model(str(first)).width == 16
    first.write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"step-000000001\.npz: no checkpoint of python -m train: [^;]*$"):
        load_model(str(first))


@pytest.mark.parametrize(
    ("options", "file", "says"),
    [
        (["--corpus={}"], "{}/vocab", "python -m vocab --corpus={} --output={}/vocab makes it"),
        (["--corpus={}", "--vocab={}/x"], "{}/x", "python -m vocab makes one"),
        (["--corpus={}", "--vocab={}/vocab.txt"], "{}/vocab.txt", "python -m vocab makes one"),
    ],
)
def test_what_makes_a_missing_vocabulary_is_said(
    options: list[str], file: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.commands.train.fit.run.find_shards", lambda asked: Shards((), {}))
    corpus = str(tmp_path)
    given = FIT.parse(["--config=toy", "--output=x", *(option.format(corpus) for option in options)])
    with pytest.raises(InputError) as error:
        fit(given)
    assert str(error.value) == f"vocab: {file.format(corpus)}: no such file; {says.format(corpus, corpus)}"


def test_from_names_a_checkpoint_with_or_without_its_ending() -> None:
    for name in ("step-000000400", "step-000000400.npz"):
        assert FIT.parse([*FIT_WORDS, f"--from={name}"]).resume_from == "step-000000400"
    assert FIT.parse(FIT_WORDS).resume_from == ""


@pytest.mark.parametrize(
    ("config", "more", "says"),
    [
        ("", ["--overwrite"], "--overwrite removes all checkpoints, --from resumes from one: give one of them"),
        ("toy", [], "classification keeps its newest checkpoint alone: --from is for retrieval"),
    ],
)
def test_from_is_refused_where_it_means_nothing(
    config: str, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    transfer = [f"--config={ROOT}/configs/transfer/{config}.yaml", "--model=x", "--images=x", "--output=x"]
    command, words = (TRANSFER, transfer) if config else (FIT, FIT_WORDS)
    with pytest.raises(SystemExit) as end:
        command.parse([*words, "--from=step-000000400", *more])
    assert end.value.code == 2 and says in capsys.readouterr().err
