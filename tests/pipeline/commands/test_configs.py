"""Configs by name: those of the package, for each command its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.commands.arguments import read_config
from pipeline.commands.configs import FOLDER, config_file, config_names
from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.train.cli import TRAIN
from pipeline.commands.train.evaluate.sets import read_sets
from pipeline.settings import ConfigError
from tests.support.command import ROOT


@pytest.mark.parametrize("folder", ["", "transfer", "evaluation"])
def test_the_names_are_those_of_the_files(folder: str) -> None:
    files = sorted(path.stem for path in (ROOT / "configs" / folder).glob("*.yaml"))
    assert config_names(folder) == files and files
    for name in files:
        assert os.path.samefile(config_file("--config", name, folder), ROOT / "configs" / folder / f"{name}.yaml")


def test_a_name_is_the_same_config_as_its_path() -> None:
    assert read_config("toy", []) == read_config(f"{ROOT}/configs/toy.yaml", []) != read_config("align", [])


def test_a_path_stays_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a file without an ending in the working directory; a name of ours goes before it."""
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "toy"):
        Path(name).write_text("name: mine")
    assert config_file("--config", "mine") == "mine" and config_file("--config", "./toy") == "./toy"
    assert config_file("--config", "toy") == os.path.join(FOLDER, "toy.yaml")
    assert config_file("--config", "none.yaml") == "none.yaml"  # which is missed when it is read


@pytest.mark.parametrize(
    ("tool", "words", "said"),
    [
        (PIPELINE, ["--config=tou", "--input=x", "--output=y"], "--config=tou: no such config or file; the configs"),
        (TRAIN, ["transfer", "--config=align", "--model=m", "--output=y"], "the configs are coco, fine_grained, "),
        (TRAIN, ["evaluate", "--model=m", "--sets=toy"], "--sets=toy: no such config or file; the configs are align"),
    ],
)  # fmt: skip
def test_a_wrong_name_lists_the_names(tool, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        tool.parse(words)
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_long_or_hostile_name_stays_one_short_line() -> None:
    with pytest.raises(ConfigError) as error:
        config_file("--config", "x" * 5000)
    assert len(str(error.value)) < 300


def test_sets_by_name_are_below_the_working_directory() -> None:
    shipped = read_sets(f"{ROOT}/configs/evaluation/align.yaml", "", ())
    assert read_sets("align", None, ()) == shipped
    assert shipped["coco"].annotations == "coco/dataset_coco.json"
