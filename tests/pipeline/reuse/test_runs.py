"""A run with --reuse has the bytes of one from scratch, and measures only what the finished run didn't."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from dedup.evaluation import build
from pipeline import count, counting
from tests.support.reuse import both, corpus, evaluation, finished, rows, write
from tests.support.two_runs import verdicts

pytestmark = pytest.mark.slow(seconds=120)

RULE = '''
from dataclasses import dataclass

@dataclass(frozen=True)
class Fours:
    """Drops a text with a 4."""

    reason = "fours"
    needs = ("text", "porn_score")
    enabled: bool = True

    def drops(self, signals):
        import pyarrow.compute as pc
        return pc.match_substring(signals["text"], "4")
'''


class Place:
    """Input files, an evaluation set, and a finished run of three of the files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first = write(folder / "in/b.parquet", rows(0, 17))
        self.second = write(folder / "in/d.parquet", rows(17, 34))
        self.third = write(folder / "in/f.parquet", rows(34, 51))
        self.eval = evaluation(folder / "eval", 1, 8, 22, 60)
        self.run = folder / "run"
        self.all = folder / "all"
        self.measured = corpus(self.run, self.inputs, self.sets, "--keep_work")

    @property
    def sets(self) -> str:
        return f"--eval_images={self.eval}"

    @property
    def inputs(self) -> list[Path]:
        return [self.first, self.second, self.third]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("reuse"))


def test_the_run_has_every_case(place: Place) -> None:
    found = verdicts(place.run)
    assert {reason for row in found for reason in row["reasons"]} == {
        "undecodable", "short_side", "word_count", "eval_duplicate", "porn",
    }  # fmt: skip
    assert {row["image_error"] for row in found} >= {None, "missing", "truncated"}
    assert sum(row["kept"] for row in found) > 10 and place.measured.scored > 20


def test_a_file_more_measures_its_images_alone(place: Place, tmp_path: Path) -> None:
    added = write(tmp_path / "g.parquet", rows(60, 70))
    scratch, again = both(tmp_path, place.run, [*place.inputs, added], place.sets)
    alone = corpus(tmp_path / "alone", [added], place.sets)
    assert again.scored == alone.scored < scratch.scored
    assert "index of 3 of 4 input files (51 pairs)" in " ".join(again.lines)


@pytest.mark.parametrize("at", [0, 1])
def test_a_file_more_before_others(place: Place, tmp_path: Path, at: int) -> None:
    inputs = place.inputs
    inputs.insert(at, write(tmp_path / "added.parquet", rows(60, 64)))
    scratch, again = both(tmp_path, place.run, inputs, place.sets, "--keep_work")
    assert 0 < again.scored < scratch.scored / 3
    kept = [
        {file.name: os.stat(file).st_nlink for file in (tmp_path / side / "work/index").glob("*.arrow")}
        for side in ("scratch", "again")
    ]
    assert kept[0].keys() == kept[1].keys() and set(kept[0].values()) == {1}  # from scratch there is no link
    assert sum(links > 1 for links in kept[1].values()) == 6  # shards of 51 rows


def test_a_file_less(place: Place, tmp_path: Path) -> None:
    _, again = both(tmp_path, place.run, [place.first, place.third], place.sets)
    assert again.scored == 0


def test_a_changed_file_of_the_same_name(place: Place, tmp_path: Path) -> None:
    changed = write(tmp_path / "in" / place.second.name, [*rows(17, 30), *rows(70, 74)])
    scratch, again = both(tmp_path, place.run, [place.first, changed, place.third], place.sets)
    assert 0 < again.scored < scratch.scored / 3
    assert "index of 2 of 3 input files" in " ".join(again.lines)


def test_a_renamed_file_keeps_what_is_known_of_its_images(place: Place, tmp_path: Path) -> None:
    renamed = tmp_path / "another.parquet"
    shutil.copy2(place.second, renamed)
    _, again = both(tmp_path, place.run, [place.first, renamed, place.third], place.sets)
    assert again.scored == 0 and "index of 2 of 3 input files" in " ".join(again.lines)


def test_images_of_the_run_in_another_file(place: Place, tmp_path: Path) -> None:
    other = [row | {"text": f"another text {number}"} for number, row in enumerate(rows(0, 51))]
    scratch, again = both(tmp_path, place.run, [write(tmp_path / "other.parquet", other)], place.sets)
    assert again.scored < scratch.scored / 2 and "index of" not in " ".join(again.lines)


THRESHOLDS = {
    "texts": ["--filters.word_count.min_words=6"],
    "more texts": ["--filters.word_count.min_words=1"],
    "sizes": ["--filters.short_side.min_pixels=10"],
    "score": ["--filters.porn.max_score=0.4"],
    "no score": ["--filters.porn.enabled=false"],
    "n-grams": ["--filters.rare_ngram.min_count=9"],
    "all": ["--measure=all"],
    "shards": ["--input.rows_per_shard=8"],
    "two workers": ["--workers=2", "--filters.porn.enabled=false", "--filters.word_count.max_words=4"],
}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_a_changed_setting(place: Place, tmp_path: Path, name: str) -> None:
    scratch, again = both(tmp_path, place.run, place.inputs, place.sets, *THRESHOLDS[name])
    assert again.scored <= scratch.scored / 2
    assert (again.scored == 0) == (name not in ("more texts", "sizes", "all"))


def test_an_added_rule(place: Place, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULE)
    scratch, again = both(tmp_path, place.run, place.inputs, place.sets, f"--rules={tmp_path / 'mine.py'}")
    assert again.scored == 0 < scratch.scored


@pytest.fixture(scope="module")
def everything(place: Place) -> Path:
    """A finished run that measured every pair, without an evaluation set."""
    corpus(place.all, place.inputs, "--measure=all", "--filters.eval_duplicate.enabled=false")
    return place.all


def test_a_run_that_measured_everything_knows_every_score(place: Place, everything: Path, tmp_path: Path) -> None:
    scratch, again = both(tmp_path, everything, place.inputs, place.sets, "--filters.short_side.min_pixels=1")
    assert again.scored == 0 < scratch.scored and again.looked_up == scratch.looked_up
    assert "not reused: index of input files (it was made without --keep_work)" in " ".join(again.lines)


EVALUATION: dict[str, Callable[[Place, Path], list[str]]] = {
    "other pictures": lambda place, folder: [f"--eval_images={evaluation(folder / 'other', 2, 8)}"],
    "none": lambda place, folder: [],
    "off": lambda place, folder: [place.sets, "--filters.eval_duplicate.enabled=false"],
    "mode": lambda place, folder: [place.sets, "--filters.eval_duplicate.mode=thorough"],
    "distance": lambda place, folder: [place.sets, "--dedup.max_distance=3"],
}


@pytest.mark.parametrize("name", EVALUATION)
def test_another_evaluation(place: Place, tmp_path: Path, name: str) -> None:
    scratch, again = both(tmp_path, place.run, place.inputs, *EVALUATION[name](place, tmp_path))
    assert again.scored <= 3  # images that matched before were not scored
    assert again.looked_up == scratch.looked_up
    assert ("images that match no evaluation image (" in " ".join(again.lines)) == (name not in ("none", "off"))


def test_the_index_of_the_same_evaluation_sets_is_taken(place: Place, tmp_path: Path) -> None:
    hashed = "pipeline.measure.eval_parts.build"
    with mock.patch(hashed, side_effect=AssertionError("hashed again")):
        again = corpus(tmp_path / "again", place.inputs, place.sets, f"--reuse={place.run}")
    assert finished(tmp_path / "again") == finished(place.run)
    matches = sum(row["eval_match"] is not None for row in verdicts(place.run))
    assert place.measured.looked_up > 20 and 0 < again.looked_up <= matches  # only matches are looked up again
    (tmp_path / "without").mkdir()
    shutil.copytree(place.run, tmp_path / "without", dirs_exist_ok=True)
    (tmp_path / "without/work/evaluation.idx").unlink()
    for run, *sets in ((tmp_path / "without", place.sets), (place.run, *EVALUATION["mode"](place, tmp_path))):
        with mock.patch(hashed, wraps=build) as used:
            corpus(tmp_path / f"hashed {run.name}", place.inputs, *sets, f"--reuse={run}")
        assert used.called


def test_sorted_runs_are_taken_in_any_number_of_ranges(place: Place, tmp_path: Path) -> None:
    refused = mock.patch.object(count, "hash_ngrams", side_effect=AssertionError("counted again"))
    options = (place.sets, "--filters.rare_ngram.top_k=30")
    corpus(tmp_path / "scratch", place.inputs, *options)
    for entries in (counting.ENTRIES_PER_PART, 40):
        output, sizes = tmp_path / str(entries), {"ENTRIES_PER_PART": entries, "MOST_MERGED": 16}
        with refused, mock.patch.multiple(counting, **sizes):  # of small ranges there are too many for one level
            corpus(output, place.inputs, *options, f"--reuse={place.run}", "--keep_work")
        assert finished(output) == finished(tmp_path / "scratch")
    same = [{file.name: file.read_bytes() for file in (run / "work/runs").iterdir()} for run in (place.run, output)]
    assert same[0].keys() == same[1].keys() and same[0] != same[1]
