"""Hostile pages end within seconds, in bounded memory: what a parser could not do is not parsed."""

from __future__ import annotations

import itertools

import pytest

from crawl.pages import costs
from crawl.pages.costs import is_costly
from crawl.pages.found import Count, Place
from crawl.pages.page import PageReader
from crawl.pages.settings import Pages

IMAGE = b"<img src=a alt=x>"
HOSTILE = {
    "deep": b"<div>" * 200_000,
    "deep in bad order": b"</span>" * 30_000 + b"<span>" * 60_000 + b"</x>" * 30_000,
    "deep lists": b"<ul><li>" * 60_000,
    "deep svg": b"<svg>" + b"<g>" * 40_000 + b"</x>" * 40_000,
    "repeated formatting": b"<p>" + b"".join(b"<b a=%d>" % n for n in range(2_000)) + b"x<p>x" * 2_000,
    "attributes": b"<img " + b" ".join(b"a%d" % n for n in range(100_000)) + b">",
    "attributes without white space": b"<img " + b"/".join(b"a%d" % n for n in range(100_000)) + b">",
    "attributes of many tags": b"<i a b c d e f g h i>" * 100_000,
    "a million images": IMAGE * 1_000_000,
    "tags": b"<p>" * 400_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_not_parsed(name: str) -> None:
    assert is_costly(HOSTILE[name] + IMAGE)


@pytest.mark.parametrize(
    "page",
    [
        b"<div>" * 400 + b"<p>x</p>" * 20_000,
        b"<p>" + b"<font>" * 50 + b"x<p>x" * 4_000,
        b"<b>x</b><p>" * 40_000,
        b"<table>" + b"<tr><td>x" * 6_000,
        b"<img src='data:image/png;base64," + b"A/b " * 200_000 + b"' alt=x>",
        b"<script>" + b"var x = 1; " * 100_000 + b"</script>",
        IMAGE * 40_000,
        b"<p title='a b c d e f g h i j k l m n o p'>" * 40_000,
        b"",
    ],
    ids=itertools.count(),
)
def test_a_large_page_of_no_harm_is_parsed(page: bytes) -> None:
    assert not is_costly(page)


@pytest.mark.parametrize(
    "page",
    [
        b"<div>" * 15_000,
        b"<p>" + b"".join(b"<b a=%d>" % n for n in range(900)) + b"x<p>x" * 1_000,
        b"<img " + b" ".join(b"a%d" % n for n in range(9_000)) + b">",
        b"\xff\xfe" * 100_000,
        b"<" * 100_000,
        b"&" * 1_000_000,
        b"<!--" * 100_000,
        b"<a href=x><div>" * 8_000,
    ],
    ids=itertools.count(),
)
def test_the_worst_that_is_parsed(page: bytes) -> None:
    count = Count()
    rows = PageReader(Pages(), count).rows(Place("k", "http://h/", None), page + b"'\">--><img src=a alt=x>", "")
    assert len(list(rows)) <= 1 and count["pages"] == 1


def test_bounds_by_number() -> None:
    assert is_costly(b"<" * (costs.MOST_TAGS + 1)) and not is_costly(b"x>" + b"<br>" * costs.MOST_TAGS)
