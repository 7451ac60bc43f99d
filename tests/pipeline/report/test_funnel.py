"""The funnel as a plain-text table."""

import pytest

from crawl.pages.found import COUNTS
from pipeline.report.funnel import format_funnel, share, steps
from pipeline.report.page_steps import page_steps
from tests.support.report_runs import REASONS, funnel_of


def test_funnel_table():
    funnel = {
        "raw": 12_345,
        "kept": 10_000,
        "records": 9_000,
        "duplicate_keys": 7,
        "image_errors": {"missing": 1_200, "empty": 0, "truncated": 3},
        "first_reason": {"undecodable": 0, "short_side": 2_344, "porn": 1},
        "any_reason": {"undecodable": 0, "short_side": 3_000, "porn": 1},
        "only_reason": {"undecodable": 0, "short_side": 2_100, "porn": 1},
        "ngrams": {"distinct": 1_000, "frequent": 900, "count_at_cut": 3},
        "seconds": {},
    }
    assert format_funnel(funnel).splitlines() == [
        "rule         dropped here    left  of raw  fails  only this rule",
        "----------------------------------------------------------------",
        "raw                        12,345  100.0%",
        "undecodable             0  12,345  100.0%      0               0",
        "short_side          2,344  10,001   81.0%  3,000           2,100",
        "porn                    1  10,000   81.0%      1               1",
        "----------------------------------------------------------------",
        "kept                       10,000   81.0%",
        "records                     9,000   72.9%",
        "n-grams: 1,000 distinct, 900 frequent, count at the cut 3",
        "image errors: 1,200 missing, 3 truncated",
        "duplicate keys: 7",
    ]


PAGES = {"records": 20, "status": 4, "not_html": 0, "bad_record": 1, "pages": 15, "no_image": 5, "opt_out": 2}
PAGES |= {"images": 1_000, "no_alt": 600, "no_url": 0, "bad_url": 0, "repeated": 100}


def test_the_way_from_pages_comes_first():
    funnel = funnel_of(["undecodable"])
    assert format_funnel(funnel | {"pages": PAGES}).splitlines()[:11] == [
        "pages and images  dropped here   left  of these",
        "-----------------------------------------------",
        "records                            20    100.0%",
        "status                       4     16     80.0%",
        "bad_record                   1     15     75.0%",
        "pages                              15    100.0%",
        "no_image                     5     10     66.7%",
        "opt_out                      2      8     53.3%",
        "images                          1,000    100.0%",
        "no_alt                     600    400     40.0%",
        "repeated                   100    300     30.0%",
    ]
    rest = format_funnel(funnel | {"pages": PAGES}).partition("\n\n")[2]
    assert rest == format_funnel(funnel) == format_funnel(funnel | {"pages": None})


def test_steps_of_pages():
    steps_of_pages = list(page_steps({"pages": PAGES}))
    assert [step.name for step in steps_of_pages] == list(COUNTS) == list(PAGES)
    assert {step.name: step.left for step in steps_of_pages if step.name in ("bad_record", "opt_out", "repeated")} == {
        "bad_record": 15,
        "opt_out": 8,
        "repeated": 300,
    }


def test_a_rule_that_was_not_asked_has_no_count_but_a_cause():
    funnel = funnel_of(["undecodable", "short_side", "word_count"])
    funnel["first_reason"]["short_side"] = 0
    funnel["not_asked"] = {"aspect_ratio": "switched off", "eval_duplicate": "no --eval_images given"}
    lines = format_funnel(funnel).splitlines()
    assert [line.split()[0] for line in lines[3:8]] == [
        "undecodable", "short_side", "aspect_ratio", "word_count", "eval_duplicate",
    ]  # fmt: skip
    assert lines[4].split()[1] == "0"
    assert lines[5].split() == ["aspect_ratio", "-", "-", "-"] and lines[7].split() == ["eval_duplicate", "-", "-", "-"]
    assert "- aspect_ratio: switched off" in lines and "- eval_duplicate: no --eval_images given" in lines
    assert [step.reason for step in steps(funnel)] == ["undecodable", "short_side", "word_count"]


def test_funnel_table_stays_narrow():
    funnel = funnel_of(REASONS)
    funnel |= {"raw": 10**12, "kept": 10**12 - 9 * 10**11, "records": 10**11}
    funnel["first_reason"] = dict.fromkeys(REASONS, 10**11)
    funnel["any_reason"] = funnel["only_reason"] = dict.fromkeys(REASONS, 10**12)
    funnel["ngrams"] = {"distinct": 10**11, "frequent": 10**8, "count_at_cut": 100}
    assert max(map(len, format_funnel(funnel).splitlines())) < 80


def test_the_last_column_needs_its_counts_and_room():
    """By counts of as many digits, up to the one with which the table has 80 columns."""
    fits = [
        "only this rule" in format_funnel(funnel_of(REASONS) | {"raw": 10**digits, "kept": 10**digits})
        for digits in range(9, 26)
    ]
    assert fits[0] and not fits[-1] and fits == sorted(fits, reverse=True)
    funnel = {name: value for name, value in funnel_of(REASONS).items() if name != "only_reason"}
    header, *_ = format_funnel(funnel).splitlines()
    assert header.endswith("fails")


def test_a_limit_is_said():
    assert "limit: the first 1,000 pairs of each input file" in format_funnel(funnel_of([]) | {"limit": 1000})
    assert "limit" not in format_funnel(funnel_of([]))


def test_funnel_without_pairs_and_ngrams():
    funnel = funnel_of([]) | {"raw": 0, "kept": 0, "records": 0}
    assert format_funnel(funnel).splitlines()[2:] == [
        "raw                       0    0.0%",
        "----------------------------------------------------------",
        "kept                      0    0.0%",
        "records                   0    0.0%",
    ]


def test_steps_end_at_what_is_kept():
    funnel = funnel_of(REASONS)
    assert [step.left for step in steps(funnel)][-1] == funnel["kept"]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0.0%"),
        (0, 9, "0.0%"),
        (1, 10**6, "<0.1%"),
        (1, 3, "33.3%"),
        (999_999, 10**6, ">99.9%"),
        (9, 9, "100.0%"),
    ],
)
def test_share(part, whole, text):
    assert share(part, whole) == text
