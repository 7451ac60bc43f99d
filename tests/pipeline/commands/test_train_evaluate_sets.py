"""`python -m train evaluate --sets`: the YAML file, sets that aren't there or fail, and the table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.commands.train.cli import TRAIN
from pipeline.commands.train.evaluate.measuring import measure_all, read_all
from pipeline.commands.train.evaluate.sets import read_sets
from pipeline.commands.train.evaluate.table import Outcome, numbers, table
from pipeline.inputs import InputError
from pipeline.settings import ConfigError
from tests.support.command import ROOT
from tests.support.evaluation import CAPTIONS, FakeTowers, karpathy, sets_file, tree, write
from train.evaluation.kinds import KINDS, CaptionRetrieval, Crisscrossed, ZeroShotClassification
from train.evaluation.published import ALIGN
from train.measures.result import Line, Measured
from train.sets.files import NotThere

SHIPPED = f"{ROOT}/configs/evaluation/align.yaml"


# The YAML file


def test_the_shipped_file_has_the_papers_sets() -> None:
    """Each beside what the paper publishes of it; the fine-tuned models' are for who fine-tunes."""
    sets = read_sets(SHIPPED, "data", ())
    assert {name: each.paper for name, each in sets.items()} == {name: name for name in sets}
    assert set(ALIGN) - set(sets) == {"flickr30k_tuned", "coco_tuned"}
    assert sets["coco"] == CaptionRetrieval(paper="coco", annotations="data/coco/dataset_coco.json", images="data/coco")
    assert isinstance(sets["imagenet_r"], ZeroShotClassification) and sets["imagenet_r"].subset
    assert isinstance(sets["crisscrossed"], Crisscrossed) and sets["crisscrossed"].min_rating == 3


def test_paths_are_below_the_data_or_beside_the_file(tmp_path: Path) -> None:
    file = sets_file(tmp_path, mine={**CAPTIONS, "images": "/pictures"})
    beside, below = read_sets(file, None, ())["mine"], read_sets(file, "data", ())["mine"]
    assert (beside.annotations, beside.images) == (f"{tmp_path}/captions.json", "/pictures")
    assert (below.annotations, below.images) == ("data/captions.json", "/pictures")


def test_only_some_sets_are_asked_for(tmp_path: Path) -> None:
    file = sets_file(tmp_path, first=CAPTIONS, second=CAPTIONS, third=CAPTIONS)
    assert list(read_sets(file, None, ("third", "first"))) == ["first", "third"]
    with pytest.raises(ConfigError, match="--only=secnd: no such set; the nearest is second"):
        read_sets(file, None, ("first", "secnd"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (None, "mine.kind: not given; the choices are retrieval, records, zero_shot, knn, crisscrossed, multi30k"),
        ({"images": "a"}, "mine.kind: not given"),
        ({"kind": "retreival"}, "mine.kind: 'retreival'; the choices are retrieval, records"),
        ({**CAPTIONS, "caption": 5}, "mine.caption: no such setting; mine has paper, annotations, images, split"),
        ({"kind": "retrieval", "images": "a"}, "mine.annotations: not given; a set of kind retrieval needs it"),
        ({**CAPTIONS, "captions": 0}, "mine.captions: 0 is under 1"),
        ({**CAPTIONS, "captions": "five"}, "mine.captions: 'five' is not a whole number"),
        ({**CAPTIONS, "paper": "cocco"}, "mine.paper: 'cocco'; the choices are flickr30k, coco"),
    ],
)
def test_what_is_wrong_is_told_by_its_path(tmp_path: Path, settings: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        read_sets(sets_file(tmp_path, mine=settings), None, ())


@pytest.mark.parametrize("content", ["", "[1, 2]", "a: [", "retrieval"])
def test_a_file_of_no_sets_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"--sets=.*sets\.yaml: (no names of sets|not YAML)"):
        read_sets(write(tmp_path / "sets.yaml", content), None, ())
    with pytest.raises(ConfigError, match=r"none\.yaml: No such file"):
        read_sets(f"{tmp_path}/none.yaml", None, ())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sets=none.yaml"], "--sets=none.yaml: No such file or directory"),
        (["--sets={sets}", "--corpus=x"], "--corpus isn't taken with --sets"),
        (["--sets={sets}", "--all"], "--all isn't taken with --sets"),
        (["--sets={sets}", "--only=mine,yours"], "--only=yours: no such set; choose from mine"),
        (["--records=x", "--data=y"], "--data isn't taken without --sets"),
        ([], "give --corpus, --records or --sets, one of them"),
    ],
)
def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    file = sets_file(tmp_path, mine=CAPTIONS)
    with pytest.raises(SystemExit) as ended:
        TRAIN.parse(["evaluate", "--model=x", *(each.format(sets=file) for each in arguments)])
    assert ended.value.code == 2
    assert f"error: {says}" in capsys.readouterr().err


# Sets that aren't there, and sets that fail


def two_sets(folder: Path) -> dict[str, Any]:
    karpathy(folder, {"a.jpg": ["a"], "b.jpg": ["b"]})
    tree(folder / "pictures", "a.jpg", "b.jpg")
    return read_sets(sets_file(folder, gone={**CAPTIONS, "images": "none"}, there=CAPTIONS), None, ())


def test_a_set_that_is_not_there_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = read_all(two_sets(tmp_path), all_there=False)
    assert isinstance(found["gone"], NotThere) and not isinstance(found["there"], NotThere)
    assert capsys.readouterr().err == f"gone: not measured: {tmp_path}/none: no such folder\n"


def test_a_set_that_was_asked_for_has_to_be_there(tmp_path: Path) -> None:
    sets = two_sets(tmp_path)
    with pytest.raises(InputError, match=r"gone: .*none: no such folder; --data=DIR is"):
        read_all(sets, all_there=True)
    with pytest.raises(InputError, match="sets: no files of gone; --data=DIR is the folder"):
        read_all({"gone": sets["gone"]}, all_there=False)


def test_a_bad_file_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    sets = two_sets(tmp_path)
    write(tmp_path / "captions.json", "{")
    with pytest.raises(InputError, match=r"there: .*captions\.json: not JSON"):
        read_all(sets, all_there=False)


def test_a_set_that_fails_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = two_sets(tmp_path)
    sets |= {"also": sets["there"]}
    towers = FakeTowers({f"{tmp_path}/pictures/{name}.jpg": 90 * place for place, name in enumerate("ab")})
    towers.directions |= {"a": 10, "b": 80}
    found = read_all(sets, all_there=False)
    outcomes = list(measure_all(sets, found | {"there": Failing()}, towers))
    assert [(each.name, each.failed, bool(each.measured)) for each in outcomes] == [
        ("gone", "", False),
        ("there", "nothing can be read", False),
        ("also", "", True),
    ]
    assert "also: 2 pictures, 2 captions\n" in capsys.readouterr().err
    assert [line.split()[:3] for line in table(outcomes)[1:3]] == [["gone", "not", "there"], ["there", "failed"]]
    assert numbers(outcomes)["there"]["failed"] == "nothing can be read"
    assert numbers(outcomes)["gone"]["not_there"] == f"{tmp_path}/none: no such folder"


class Failing:
    def measure(self, towers: Any) -> Measured:
        raise NotThere("nothing can be read")


# The table


def test_ours_stand_beside_the_papers() -> None:
    recall = Line("image to text", ("R@1", "R@5", "R@10"), (0.125, 0.5, 1.0), (0.001, 0.005, 0.01))
    settings = CaptionRetrieval(paper="coco", annotations="a", images="b")
    outcome = Outcome("mine", settings, Measured((recall,), {"pictures": 5000, "captions": 25_000}))
    head, row = table([outcome])
    assert head.split() == ["set", "pictures", "measure", "ours", "chance", "ALIGN"]
    cells = [row[head.index(name) :] for name in ("set", "pictures", "measure", "ours", "chance", "ALIGN")]
    starts = (
        "mine",
        "5,000",
        "image to text R@1/5/10",
        " 12.5  50.0 100.0",
        "  0.1",
        " 58.6  83.0  89.7  Table 1, zero",
    )
    assert all(cell.startswith(start) for cell, start in zip(cells, starts, strict=True))
    assert numbers([outcome])["mine"]["measures"]["image to text"] == {
        "ours": {"R@1": 0.125, "R@5": 0.5, "R@10": 1.0},
        "chance": {"R@1": 0.001, "R@5": 0.005, "R@10": 0.01},
        "align": {"R@1": 58.6, "R@5": 83.0, "R@10": 89.7, "where": "Table 1, zero-shot"},
    }


def test_numbers_that_are_none_are_null() -> None:
    outcome = Outcome("mine", KINDS["knn"](images="a", training="b"), Measured((Line("x", ("y",), (np.nan,)),), {}))
    assert json.dumps(numbers([outcome])["mine"]["measures"]) == '{"x": {"ours": {"y": null}}}'
