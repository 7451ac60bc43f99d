"""The head of the page: the run's name and how it was made, whatever its folder is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from pipeline.files import Output
from pipeline.outputs.changed import NONE, from_defaults
from pipeline.outputs.command import read_command, write_command
from pipeline.page.markup import shortened, tag, visible
from pipeline.page.parts import contents
from pipeline.report.about import SETS_SHOWN
from pipeline.report.head import LONGEST_NAME, folder_name
from tests.support.report_runs import REASONS, Page, candidate, config_tree, funnel_of, page_of, write_run

PARENT = {"name": "align", "sha256": "0123456789abcdef" * 4}


def rewritten(output: Output, name: str, **changes: Any) -> Output:
    """The run with other values in one of its JSON files."""
    content = json.loads(Path(output.path(name)).read_bytes())
    output.write_bytes(name, json.dumps(content | changes).encode())
    return output


def words_of(output: Output) -> str:
    return Page(page_of(output)).words


@pytest.fixture
def made(tmp_path: Path) -> Output:
    return write_run(tmp_path / "run", [candidate(1)], verdicts=False)


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ("out/toy", "toy"),
        ("out/toy/", "toy"),
        ("out/toy//", "toy"),
        ("out/../here", "here"),
        ("/data/a.b", "a.b"),
        ("/", "/"),
        ("gs://bucket/x/", "x"),
        ("gs://bucket/x", "x"),
        ("gs://bucket", "bucket"),
        ("s3://bucket/a/b//", "b"),
    ],
)
def test_a_run_is_called_as_its_folder(root: str, name: str) -> None:
    assert folder_name(root) == name


def test_the_working_directory_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_name(".") == folder_name("") == folder_name("./") == tmp_path.name
    assert folder_name("..") == tmp_path.parent.name


@pytest.mark.parametrize(
    "name", ["<script>alert(1)<", "a\u202egpj", "علامة", "n" * 250, "a b\tc\n", "<b>&lt;", "a\udcff"]
)
def test_a_hostile_name_of_a_folder_is_a_text(tmp_path: Path, name: str) -> None:
    page = Page(page_of(write_run(tmp_path / name, [], verdicts=False)))
    shown = visible(shortened(name, LONGEST_NAME))
    assert page.words.count(shown) == 2 and f"{shown}: corpus report" in page.words
    assert "script" not in page.tags and page.tags.count("title") == 1


def test_the_command_is_shown_as_typed(made: Output) -> None:
    write_command(made, "python -m pipeline --input='a b/*.csv' --name='<b>'")
    assert read_command(made) == "python -m pipeline --input='a b/*.csv' --name='<b>'"
    assert "Commandpython -m pipeline --input='a b/*.csv' --name='<b>'" in words_of(made)


def test_a_run_of_an_older_version_shows_no_command(made: Output) -> None:
    assert read_command(made) == "" and "Command" not in words_of(made)


def test_settings_that_differ_are_shown_with_their_defaults(tmp_path: Path) -> None:
    output = write_run(tmp_path / "b", [], ("name", "mine"), ("filters.porn.max_score", "0.5"), verdicts=False)
    assert "filters.porn.max_score0.50.2" in words_of(output) and 'name"mine""align"' in words_of(output)
    assert "all as by default" in words_of(write_run(tmp_path / "a", [], verdicts=False))


def test_settings_of_what_follows_a_corpus_are_none_of_it() -> None:
    tree = config_tree(("train.steps", "20000"), ("input.limit", "5"))
    assert [(one.path, one.value, one.other) for one in from_defaults(tree)] == [("input.limit", "5", "null")]
    tree["filters"]["mine"] = {"least": 0.25}
    assert ("filters.mine.least", "0.25", NONE) in from_defaults(tree)
    del tree["filters"]["porn"]  # a run of an older version
    assert len(from_defaults(tree)) == 2


@pytest.mark.parametrize(
    ("evaluation", "says"),
    [
        (None, "Evaluation setsnone"),
        ({"images": 1317, "sets": {"coco": 1000, "<b>": 317}}, "1,317 images: coco (1,000), <b> (317)"),
        ({"images": 1317}, "1,317 images"),
        ({"images": 30, "sets": {f"s{n}": 1 for n in range(SETS_SHOWN + 1)}}, ", and 1 more"),
    ],
)
def test_evaluation_sets_are_named(made: Output, evaluation: Any, says: str) -> None:
    assert says in words_of(rewritten(made, "manifest.json", evaluation=evaluation))


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"size": "10%", "copies": None}, "10% of its pairs"),
        ({"size": "500", "copies": "abc"}, "500 of its pairs, without the near-copies that --keep leaves out"),
        ({"size": None, "copies": "abc"}, "all of its pairs, without the near-copies"),
    ],
)
def test_a_subset_names_its_parent(made: Output, choice: dict[str, str | None], says: str) -> None:
    words = words_of(rewritten(made, "manifest.json", parent=PARENT, subset=choice))
    assert (
        "Report of a subset" in words and f"corpus align, with records of the digest 0123456789abcdef: {says}" in words
    )
    assert "Evaluation sets" not in words


def test_a_corpus_is_no_subset(made: Output) -> None:
    assert "subset" not in words_of(made) and "Corpus report" in words_of(made)


@pytest.mark.parametrize(("limit", "says"), [(1, "first 1 pairs"), (12_000, "first 12,000 pairs"), (None, "")])
def test_a_limit_is_said(made: Output, limit: int | None, says: str) -> None:
    words = words_of(rewritten(made, "funnel.json", **({"limit": limit} if limit else {})))
    assert ("--limit=" in words) == bool(limit) and says in words


def test_image_errors_are_one_line(made: Output) -> None:
    errors = {"missing": 1_200, "empty": 0, "truncated": 3}
    words = words_of(rewritten(made, "funnel.json", image_errors=errors))
    assert "Images that can’t be decoded: 1,200 missing, 3 truncated." in words
    assert "can’t be decoded:" not in words_of(rewritten(made, "funnel.json", image_errors=dict.fromkeys(errors, 0)))


def test_contents_lead_to_every_section(made: Output) -> None:
    page = Page(page_of(made))
    links = [value for name, value in page.attributes if name == "href" and not value.startswith("#example-")]
    assert links == ["#funnel", "#signals", "#examples"]
    assert "The funnel The signals Examples " in page.words


def test_contents_leave_out_what_has_no_heading_or_no_id() -> None:
    def section(**attributes: str) -> Element:
        return tag("section", tag("h2", "A ", tag("code", "b")), **attributes)

    links = [link.get("href") for link in contents([section(id="a"), section(), tag("section", id="c")]).iter("a")]
    assert links == ["#a"]


def test_pairs_of_one_rule_only_are_on_the_page(made: Output) -> None:
    assert "only this rule70.1%" in words_of(made)
    older = {name: value for name, value in funnel_of(REASONS).items() if name != "only_reason"}
    made.write_bytes("funnel.json", json.dumps(older).encode())
    words = words_of(made)
    assert "only this rule7" not in words and "fails250.4%" in words


def test_rules_that_no_pair_fails_are_one_row(tmp_path: Path) -> None:
    made = write_run(tmp_path / "run", [])
    counts = {reason: 25 * (reason != "porn" and reason != "short_side") for reason in REASONS}
    words = words_of(rewritten(made, "funnel.json", any_reason=counts))
    line = "No pair fails short_side (Short side under 200 pixels), porn (Porn score of open_nsfw over 0.2)."
    assert line in words and "aspect_ratioLong side" in words and "short_sideShort side" not in words
    assert "No pair fails" not in words_of(rewritten(made, "funnel.json", any_reason=dict.fromkeys(REASONS, 1)))


def test_no_rule_is_passed_where_there_is_no_pair(tmp_path: Path) -> None:
    none = dict.fromkeys(REASONS, 0)
    empty = {"raw": 0, "kept": 0, "records": 0, "first_reason": none, "any_reason": none, "only_reason": none}
    words = words_of(rewritten(write_run(tmp_path / "run", []), "funnel.json", **empty))
    assert "No pair fails" not in words and words.count("not measured for any pair") == len(REASONS)
