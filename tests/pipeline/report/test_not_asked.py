"""Rules that judged nothing are named with the cause, and have no counts: neither in the funnel nor in its JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters import Porn, WordCount
from pipeline.report.not_asked import NO_IMAGES, NO_SETS, NO_SIZES, OFF, not_asked
from pipeline.rule_set import Filters
from tests.support.command import Finished, run_corpus

UNSIZED = dict.fromkeys(("short_side", "aspect_ratio"), NO_SIZES)
PIXEL_RULES = {"undecodable": NO_IMAGES, "eval_duplicate": NO_IMAGES, "porn": NO_IMAGES}


def test_every_rule_is_asked_where_there_is_everything() -> None:
    assert not_asked(Filters(), sets=True, images=True, unmeasured=()) == {}


@pytest.mark.parametrize(
    ("sets", "images", "unmeasured", "expected"),
    [
        (False, True, (), {"eval_duplicate": NO_SETS}),
        (True, False, (), PIXEL_RULES),
        (True, False, ("short_side", "aspect_ratio"), PIXEL_RULES | UNSIZED),
        (True, True, ("porn",), {"porn": "no pair was left to score"}),
        (True, True, ("images_of_text",), {"images_of_text": "no pair has an image, a path or a URL"}),
        (True, True, ("aspect_ratio",), {"aspect_ratio": "no image whose size is known"}),
        (True, True, ("word_count",), {}),
    ],
)  # fmt: skip
def test_causes(sets: bool, images: bool, unmeasured: tuple[str, ...], expected: dict[str, str]) -> None:
    assert not_asked(Filters(), sets=sets, images=images, unmeasured=unmeasured) == expected


def test_what_is_switched_off_says_so_first() -> None:
    filters = replace(Filters(), porn=Porn(enabled=False), word_count=WordCount(enabled=False))
    expected = {"undecodable": NO_IMAGES, "word_count": OFF, "eval_duplicate": NO_IMAGES, "porn": OFF}
    assert not_asked(filters, sets=False, images=False, unmeasured=("porn",)) == expected


@dataclass(frozen=True)
class Bright:
    """Drops a porn score by a column of the input."""

    reason = "bright"
    needs = ("porn_score", "brightness")
    enabled: bool = True


def test_rules_of_ones_own_have_their_cause_from_the_table_of_signals() -> None:
    class Own(Filters):
        def all(self) -> list[Any]:
            return [*super().all(), Bright()]

    assert not_asked(Own(), sets=True, images=True, unmeasured=()) == {}
    assert not_asked(Own(), sets=True, images=False, unmeasured=())["bright"] == NO_IMAGES
    assert not_asked(Own(), sets=True, images=True, unmeasured=("bright",)) == {
        "bright": "no pair has a value of brightness"
    }


def links(folder: Path, **columns: list[int | None]) -> Finished:
    table = {"text": ["a red bicycle", "a blue boat"], "url": ["http://a", "http://b"], **columns}
    pq.write_table(pa.table(table), folder / "links.parquet")
    return run_corpus(folder / "out", folder / "links.parquet", "--workers=1", "--filters.word_count.enabled=false")


@pytest.mark.slow
def test_a_list_of_urls_has_no_counts_of_what_it_lacks(tmp_path: Path) -> None:
    done = links(tmp_path)
    funnel = done.json("funnel.json")
    assert funnel["not_asked"] == PIXEL_RULES | UNSIZED | {"word_count": OFF}
    assert funnel["first_reason"] == funnel["any_reason"] == {
        "texts_of_image": 0, "images_of_text": 0, "rare_ngram": 0,
    }  # fmt: skip
    printed = done.process.stdout.splitlines()
    assert {line.split()[0] for line in printed if line.split()[1:] == ["-", "-", "-"]} == set(funnel["not_asked"])
    assert all(f"- {reason}: {cause}" in printed for reason, cause in funnel["not_asked"].items())
    assert "no width and height in the table" in (done.output / "report.html").read_text()


@pytest.mark.slow
def test_sizes_in_the_table_are_asked(tmp_path: Path) -> None:
    funnel = links(tmp_path, width=[100, None], height=[300, None]).json("funnel.json")
    assert (funnel["first_reason"]["short_side"], funnel["any_reason"]["aspect_ratio"]) == (1, 0)
    assert set(funnel["not_asked"]) == {*PIXEL_RULES, "word_count"}
