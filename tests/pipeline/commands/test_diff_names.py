"""`python -m pipeline diff`: the names of two runs on its page, and the words for what they were made with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.commands.diff.differences import differences
from pipeline.commands.diff.names import LONGEST, names_of
from tests.support.compared_runs import pair, write_run
from tests.support.report_runs import Page
from tests.support.two_runs import call

LONG = "x" * 200


@pytest.mark.parametrize(
    ("one", "two", "names"),
    [
        ("out/toy", "out/toy2/", ("toy", "toy2")),
        ("/a/may/toy", "/a/june/toy", ("may/toy", "june/toy")),
        ("/a/x/b/toy", "/a/y/b/toy", ("x/b/toy", "y/b/toy")),
        ("/b/toy", "/a/b/toy", ("/b/toy", "a/b/toy")),
        ("gs://may/toy", "gs://june/toy/", ("may/toy", "june/toy")),
        ("gs://data/toy", "/data/toy", ("gs://data/toy", "/data/toy")),
        ("a" * LONGEST, "b" * LONGEST, ("a" * LONGEST, "b" * LONGEST)),
        ("a" * (LONGEST + 1), "b", (f"{'a' * 16}…{'a' * 15}", "b")),
    ],
)
def test_folders_are_told_apart_by_as_little_as_possible(one: str, two: str, names: tuple[str, str]) -> None:
    assert names_of(one, two) == names
    assert names_of(two, one) == names[::-1]


def test_long_names_that_differ_in_the_middle_stay_different() -> None:
    one, two = names_of(f"{LONG}a{LONG}", f"{LONG}b{LONG}")
    assert one != two and "a" in one and "b" in two


def test_a_path_is_that_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy").mkdir()
    monkeypatch.chdir(tmp_path / "toy")
    assert names_of(".", f"..{os.sep}other") == ("toy", "other")


def test_headings_have_the_names_escaped(tmp_path: Path) -> None:
    row = pair(key="k", text="a text of words")
    one = write_run(tmp_path / "<b>may", [row, pair(key="gone", text="a")])
    two = write_run(tmp_path / "june&", [row | {"reasons": ["short_side"]}, pair(key="new", text="b")])
    assert call("diff", one, two) == 0
    content = (two / "diff.html").read_text()
    page = Page(content)
    assert "b" not in page.tags and "<title>&lt;b&gt;may → june&amp;: comparison</title>" in content
    for heading in ("kept by <b>may, dropped by june&: 1", "In <b>may alone: 1", "In june& alone: 1"):
        assert heading in page.words
    assert page.words.count("RUN1") == page.words.count("RUN2") == 1  # the names on the command line, explained


def test_what_runs_were_made_with_is_said_in_words() -> None:
    made = {"config": {}, "eval_images": "0123", "eval_indexes": [], "counts": "", "porn_model": None}
    sub = {
        "config": {},
        "parent": {"name": "toy", "sha256": "0123456789abcdef" * 4},
        "subset": {"size": "10%", "copies": None},
    }
    lines = {each.name: (each.one, each.two) for each in differences(made, sub)}
    assert lines == {
        "parent corpus": ("none", "name toy, sha256 0123456789abcdef"),
        "choice of the subset": ("none", "size 10%"),
    }
    other = made | {"eval_indexes": ["f0", "f1"], "counts": "c"}
    lines = {each.name: (each.one, each.two) for each in differences(made, other)}
    assert lines == {"evaluation indexes": ("none", "f0, f1"), "run of --counts": ("none", "c")}
    sets = made | {"eval_images": "4567", "evaluation": {"sets": {"hats": 1200, "shoes": 3}}}
    lines = {each.name: (each.one, each.two) for each in differences(made, sets)}
    assert lines == {"evaluation images": ("0123", "hats (1,200), shoes (3): 4567")}
    absent = {name: entry for name, entry in made.items() if name not in ("counts", "eval_indexes")}
    assert not differences(made, absent) and not differences(made, made)
