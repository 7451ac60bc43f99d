"""The page of a training: every number against its source, and hostile names do it no harm."""

from __future__ import annotations

import dataclasses
import json

import pytest

from pipeline.commands.train.fit.page import training_page
from pipeline.commands.train.fit.recall_table import percent
from pipeline.commands.train.recall_lines import recall_lines
from pipeline.page.markup import shortened, visible
from tests.support.train_pages import RETRIEVAL, ROWS, TOY, facts, page
from train.config import ImageTower, Queue, Temperature, Train
from train.evaluate import Retrieval
from train.retrieval import NotMeasured, Recalls

pytestmark = pytest.mark.slow

RECALL_TABLE = ["Direction", "R@1", "R@5", "R@10", "Median rank", "Times chance"]
SETTING_TABLE = ["Setting", "Here", "The paper"]
FEW = Recalls((0.5, 1.0, 1.0), (0.5, 1.0, 1.0), queries=2, candidates=2)
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "style": "</style><style>*{display:none}</style>",
    "entity": "&lt;b&gt;&amp;'\"",
    "bidi": "abc\u202egpj.exe",
    "nul": "a\x00b\x1bc",
    "comment": "<!--]]>",
    "long": "x" * 100,
}


# Header


def test_the_header_has_the_main_figures() -> None:
    report = page()
    assert report.all("h1") == ["toy"] and report.all("title")[0] == "toy: training report"
    assert report.all("dd")[:4] == ["5.0%", "1,000", "64", "3.0 M"]
    says = ["18 times chance", "", "64,000 pairs in all", "0.3 M for images, 2.7 M for texts"]
    assert report.all("small")[:4] == says
    assert "1,790 records in 2 shards of crawl, with a vocabulary of 1,000 pieces (uncased)." in report.words


def test_bad_records_are_told_where_there_are_any() -> None:
    report = page(skipped=1234)
    assert report.all("dd")[4] == "1,234" and report.all("small")[4] == "skipped"
    assert "bad records" in report.words and "bad records" not in page().words


def test_records_that_no_pipeline_made_need_no_name() -> None:
    report = page(corpus={"shards": 1})
    assert "Learned from 1 shard, with a vocabulary" in report.words
    assert "SHA-256 of the corpus" not in report.words and "SHA-256 of the corpus" in page().words


# Retrieval


def test_recalls_stand_beside_chance() -> None:
    names = RECALL_TABLE[1:]
    wanted = [
        ["text to image700 captions, each looking for its picture"],
        ["image to text350 pictures, each looking for its captions"],
    ]
    wanted[0] += [*("5.0%chance 0.29%", "26.5%chance 1.4%", "42.5%chance 2.9%", "14.5of 350", "18at R@1")]
    wanted[1] += [*("6.7%chance 0.28%", "28.5%chance 1.4%", "44.7%chance 2.8%", "12of 700", "24at R@1")]
    labelled = [[row[0], *(name + cell for name, cell in zip(names, row[1:], strict=True))] for row in wanted]
    assert page().table(RECALL_TABLE) == labelled


def test_ties_are_told_in_both_conventions() -> None:
    tied = dataclasses.replace(RETRIEVAL.text_to_image, ties=21, with_ties=(0.0614, 0.2854, 0.4546))
    words = page(retrieval=dataclasses.replace(RETRIEVAL, text_to_image=tied)).words
    assert "text to image: 21 of 700 queries have a tie, as several pictures have the same text;" in words
    assert "if they counted as right, R@1/5/10 would be 6.1%/28.5%/45.5%." in words
    assert "image to text: " not in words and "have a tie" not in page().words


def test_recall_lines_have_the_median_rank_and_ties() -> None:
    assert "ties right" not in "".join(recall_lines(RETRIEVAL))
    tied = dataclasses.replace(RETRIEVAL.image_to_text, ties=21, with_ties=(0.0771, 0.2954, 0.4629))
    assert recall_lines(dataclasses.replace(RETRIEVAL, image_to_text=tied)) == [
        "                     R@1     R@5    R@10  median   queries      of",
        "image to text       6.7%   28.5%   44.7%      12       350     700",
        "  by chance         0.3%    1.4%    2.8%",
        "  ties right        7.7%   29.5%   46.3%                21 have a tie",
        "text to image       5.0%   26.5%   42.5%    14.5       700     350",
        "  by chance         0.3%    1.4%    2.9%",
        "a tie: several pictures have the same text, which counts as wrong in the other rows",
        "text to image R@1 is 18 times chance",
    ]


def test_a_few_pictures_have_a_page() -> None:
    report = page(retrieval=Retrieval(FEW, FEW))
    assert report.all("small")[0] == "1.0 times chance" and report.all("dd")[0] == "50.0%"


@pytest.mark.parametrize(
    ("part", "says"),
    [(0, "0.0%"), (0.00004, "0.004%"), (0.0099, "0.99%"), (0.01, "1.0%"), (0.9996, "100.0%"), (1, "100.0%")],
)
def test_little_chance_keeps_two_digits(part: float, says: str) -> None:
    assert percent(part) == says


# Settings


def test_settings_stand_beside_the_papers() -> None:
    assert page().table(SETTING_TABLE) == [
        ["pieces of the vocabulary", "1,000", "100,000"],
        ["image.tower", "tiny", "l2"],
        ["image.resize", "72", "346"],
        ["image.crop", "64", "289"],
        ["text.tower", "tiny", "large"],
        ["text.length", "24", "64"],
        ["temperature.start", "0.07", "1"],
        ["optimizer.name", "lamb", "lamb"],
        ["optimizer.learning_rate", "0.03", "0.001"],
        ["optimizer.warmup_steps", "50", "10,000"],
        ["batch", "64", "16,384"],
        ["steps", "1,000", "1,200,000"],
    ]
    assert len(page().all("b")) == 2 * 5 + 11


def test_the_papers_own_settings_are_the_main_ones_alone() -> None:
    report = page(Train(), vocabulary={"size": 100_000, "profile": "uncased", "sha256": "0"})
    rows = report.table(SETTING_TABLE)
    assert len(rows) == 8 and all(here == paper for _, here, paper in rows) and len(report.all("b")) == 2 * 5


def test_settings_that_are_no_numbers_have_words() -> None:
    train = dataclasses.replace(TOY, image=ImageTower("b3", 640), temperature=Temperature(0.07, learned=False))
    rows = page(train).table(SETTING_TABLE)
    assert ["image.width", "640", "none"] in rows and ["temperature.learned", "no", "yes"] in rows


def test_a_queue_stands_beside_the_papers_none() -> None:
    rows = page(dataclasses.replace(TOY, queue=Queue(9600))).table(SETTING_TABLE)
    assert ["queue.size", "9,600", "0"] in rows and not any(
        name == "queue.size" for name, *_ in page().table(SETTING_TABLE)
    )


def test_the_footer_has_all_settings_and_the_digests() -> None:
    report = page()
    rows = report.table(["Setting", "Value"])
    assert ["checkpoints.every", "1000"] in rows and ["image.width", "null"] in rows
    assert report.all("code")[-2:] == ["0123456789abcdef" * 4, "fedcba9876543210" * 4]


# The page


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_shown_and_harmless(text: str) -> None:
    corpus = {"name": text, "records": 1, "shards": 1}
    report = page(name=text, corpus=corpus, vocabulary={"size": 1, "profile": text, "sha256": text})
    assert report.all("h1") == [visible(shortened(text, 60))]
    assert f"1 shard of {visible(shortened(text, 60))}, with" in report.words
    assert set(report.tags) == set(page().tags) and report.tags.count("style") == 1
    assert not {"\u202e", "\x00", "\x1b"} & set(report.words)


def test_the_page_asks_nothing_of_the_network() -> None:
    content = training_page(facts(), ROWS, RETRIEVAL).decode().lower()
    for word in ("<script", "http:", "https:", "://", "url(", "@import", "href=", "src=", "<link"):
        assert word not in content


def test_the_page_is_the_same_for_the_same_input() -> None:
    again = json.loads(json.dumps(facts()))
    assert training_page(facts(), ROWS, RETRIEVAL) == training_page(again, list(ROWS), RETRIEVAL)


def test_the_pictures_have_words() -> None:
    report = page()
    assert report.tags.count("svg") == report.tags.count("desc") == 3
    assert set(" ".join(report.attribute("aria-labelledby")).split()) <= set(report.attribute("id"))
    assert len(set(report.attribute("id"))) == len(report.attribute("id"))


# Values that were not measured


@pytest.mark.parametrize(("pictures", "says"), [(0, "0 held-out pictures"), (1, "1 held-out picture")])
def test_recalls_that_were_not_measured_are_said_and_not_zero(pictures: int, says: str) -> None:
    content = training_page(facts(), ROWS, NotMeasured(pictures, "held-out")).decode()
    assert f"Recall was not measured: {says}, where it takes two at least." in content
    assert "not measured" in content and "times chance" not in content
