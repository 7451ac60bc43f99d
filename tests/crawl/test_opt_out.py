"""Tests of directives that forbid the use of a page or an image."""

from __future__ import annotations

import pytest

from crawl.opt_out import DIRECTIVES, opted_out, reserved

LIST = frozenset(DIRECTIVES)


@pytest.mark.parametrize(
    "value",
    [
        "noai",
        "NoAI",
        "index, noimageai",
        "nofollow,noml",
        "none",
        "noindex nofollow",
        "*: noai",
        "align-corpus: noindex",
        "Align-Corpus : noindex",
        "align-corpus/1.0: noindex",
        "otherbot: nofollow, align-corpus: noai",
        "align-corpus: nofollow, noarchive, noai",
        "max-image-preview: large, noai",
        "unavailable_after: 25 Jun 2010 15:00:00 PST, noai",
        "unavailable_after: Wed, 25 Jun 2010 15:00:00 PST, noai",
        "noai, otherbot: index",
    ],
)
def test_opted_out(value: str) -> None:
    assert opted_out([value], LIST)
    assert opted_out(["", "index", value], LIST)
    assert not opted_out([value], frozenset())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "index, follow",
        "all",
        "noaim, xnoai",
        "otherbot: noai",
        "otherbot: nofollow, noai",
        "align-corpus: index, otherbot: noai",
        "max-image-preview: none",
        "max-image-preview:none, max-snippet:-1",
        "unavailable_after: none",
        "tdm",
    ],
)
def test_not_opted_out(value: str) -> None:
    assert not opted_out([value], LIST)


def test_the_next_value_is_for_everyone_again() -> None:
    assert opted_out(["otherbot: index", "noai"], LIST)


def test_another_agent() -> None:
    assert opted_out(["otherbot: noai"], LIST, "otherbot")
    assert not opted_out(["align-corpus: noai"], LIST, "otherbot")


def test_only_the_listed_directives() -> None:
    assert not opted_out(["noindex"], {"noai"})
    assert opted_out(["noindex, noai"], {"noai"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, True) for value in ("1", " 1 ", '"1"', "'1'", '" 1"', "1;x=0", "1 ; policy=https://a/", '"1";x')),
        *((value, True) for value in ('"1;x"', "1, 1", "0, 1", '0,"1";x', "1,")),
        *((value, False) for value in ("0", "", "11", '"0"', '""', "0;1", "0;x=1", "10", "-1", "?1", ";1", "x, 0")),
    ],
)
def test_reserved(value: str, expected: bool) -> None:
    assert reserved([value], LIST) == expected
    assert not reserved([value], {"noai"})
