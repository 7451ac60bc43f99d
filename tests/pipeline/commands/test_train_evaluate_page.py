"""The page of an evaluation: every number against its source, and hostile names do it no harm."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.commands.train.evaluate.page import evaluation_page
from pipeline.commands.train.evaluate.run import short_name
from pipeline.commands.train.evaluate.table import Outcome
from pipeline.page.markup import shortened, visible
from tests.support.page_cells import Report
from train.evaluation.kinds import KINDS
from train.measures.result import RECALL, Line, Measured

RETRIEVAL = KINDS["retrieval"](paper="coco", annotations="a", images="b")
NEAREST = KINDS["knn"](images="a", training="b")
CROSSED = KINDS["crisscrossed"](paper="crisscrossed", annotations="a", images="b", ratings="c")
COCO = Outcome(
    "coco",
    RETRIEVAL,
    Measured(
        (
            Line("image to text", RECALL, (0.586, 0.5, 1.0), (0.0004, 0.01, 0.02)),
            Line("text to image", RECALL, (0.25, 0.3, 0.4), (0.0002, 0.001, 0.002)),
        ),
        {"pictures": 4990, "captions": 24_950},
        {"unreadable pictures": tuple(f"{number}.jpg: no such file" for number in range(30))},
    ),
)
NEIGHBOURS = Outcome(
    "clothes",
    NEAREST,
    Measured((Line("nearest neighbours", RECALL, (0.2, 0.6, 0.8), (0.1, 0.4, 0.7)),), {"pictures": 173}),
)
AGREEMENT = Outcome(
    "cxc",
    CROSSED,
    Measured(
        (Line("STS", ("mean", "std"), (-0.5, 0.02)), Line("mean of all three", ("mean",), (0.3,))), {"pictures": 9}
    ),
)
GONE = Outcome("imagenet", NEAREST, missing="imagenet/val: no such folder")
BROKEN = Outcome("pets", NEAREST, failed="none of its 3 pictures can be read")
ALL = (COCO, NEIGHBOURS, AGREEMENT, GONE, BROKEN)


def page(outcomes: Sequence[Outcome] = ALL, model: str = "models/toy") -> Report:
    return Report(evaluation_page(model, "0f" * 32, outcomes))


def test_measures_with_the_same_numbers_share_a_table() -> None:
    cells = page().table(["Set", "R@1", "R@5", "R@10", "By chance"])
    assert cells == [
        [
            "cocoimage to text, 4,990 pictures; ALIGN: Table 1, zero-shot",
            "R@158.6ALIGN 58.6",
            "R@550.0ALIGN 83.0",
            "R@10100.0ALIGN 89.7",
            "By chance0.0R@1",
        ],
        [
            "cocotext to image, 4,990 pictures; ALIGN: Table 1, zero-shot",
            "R@125.0ALIGN 45.6",
            "R@530.0ALIGN 69.8",
            "R@1040.0ALIGN 78.6",
            "By chance0.0R@1",
        ],
        ["clothesnearest neighbours, 173 pictures", "R@120.0", "R@560.0", "R@1080.0", "By chance10.0R@1"],
    ]


def test_a_table_without_chance_has_no_column_for_it() -> None:
    assert page().table(["Set", "mean", "std"]) == [
        ["cxcSTS, 9 pictures; ALIGN: Table 3", "mean-50.0ALIGN 72.9", "std2.0ALIGN 0.4"],
        ["cxcmean of all three, 9 pictures; ALIGN: Table 3", "mean30.0ALIGN 72.6", "std"],
    ]


def test_there_are_no_tables_of_nothing() -> None:
    assert page().all("h2") == ["Retrieval", "Agreement with people"]
    assert page([GONE]).all("h2") == []


def test_the_header_counts_sets_and_names_those_without_numbers() -> None:
    report = page()
    assert report.all("h1") == ["models/toy"] and report.all("title")[0] == "models/toy: evaluation"
    assert report.all("dd") == ["3", "5,172", "1", "1"]
    assert report.all("small")[:4] == ["of 5", "in all of them", "imagenet", "pets"]
    assert page([NEIGHBOURS]).all("dd") == ["1", "173"]


def test_the_paper_is_named_beside_its_numbers_alone() -> None:
    assert "ALIGN's numbers" in page().words and "ALIGN's numbers" in page([COCO]).words
    assert "In percent." in page([NEIGHBOURS]).words and "ALIGN" not in page([NEIGHBOURS, GONE]).words


def test_nearest_neighbours_are_explained_where_they_are_measured() -> None:
    assert "Nearest neighbours: the same" in page([NEIGHBOURS]).words and "Nearest" not in page([COCO]).words


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("/data/out/toy/model/", "toy/model"),
        ("/model", "model"),
        ("gs://bucket/toy/model", "toy/model"),
        ("here/../models/toy", "models/toy"),
    ],
)
def test_a_model_is_called_as_its_folder_and_the_one_above(model: str, name: str) -> None:
    assert short_name(model) == name


def test_what_was_left_out_can_be_read() -> None:
    rows = page().table(["Set", "What"])
    assert len(rows) == 22
    assert rows[0] == ["coco", "unreadable pictures: 0.jpg: no such file"]
    assert rows[-2:] == [["imagenet", GONE.missing], ["pets", BROKEN.failed]]
    assert page([NEIGHBOURS]).all("details") == []


def test_the_same_input_has_the_same_bytes() -> None:
    assert evaluation_page("m", "0f", ALL) == evaluation_page("m", "0f", ALL)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</style><style>*{}", "abc\u202egpj.exe", "x" * 500])
def test_hostile_names_do_no_harm(text: str) -> None:
    outcomes = (Outcome(text, NEAREST, NEIGHBOURS.measured), Outcome(text, NEAREST, missing=text))
    report = page(outcomes, model=text)
    assert report.all("h1") == [visible(shortened(text, 60))]
    assert set(report.tags) <= {*page().tags} and report.tags.count("style") == 1
    assert "\u202e" not in report.words


def test_the_page_asks_nothing_of_the_network() -> None:
    content = evaluation_page("m", "0f", ALL).decode().lower()
    for word in ("<script", "http:", "https:", "://", "url(", "@import", "href=", "src=", "<link"):
        assert word not in content
