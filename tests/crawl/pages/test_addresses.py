"""URLs by the WHATWG standard: the short way for plain paths equals the parser's."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from crawl.pages.addresses import LONGEST, NOWHERE, resolver, resolver_of

ABSOLUTE = resolver()
BASES = ("http://h/", "http://h", "https://h:8080/a//b/?q=/x", "http://u:p@h/x/y.html?z", "http://h/x?y/z", NOWHERE)
PARTS = (
    "a",
    "b.c",
    "..",
    ".",
    "",
    "~x",
    "_",
    "é",
    "%2e",
    "%20",
    "a b",
    "x:y",
    "http:",
    "-",
    "...",
    "?q",
    "#f",
    "\\",
    "\t",
)


@given(st.sampled_from(BASES), st.lists(st.sampled_from(PARTS)), st.sampled_from(("", "/", "//", "http://k/")))
def test_the_short_way(base: str, parts: list[str], start: str) -> None:
    base = ABSOLUTE(NOWHERE, base) or NOWHERE
    url = start + "/".join(parts)
    assert resolver_of(base, ABSOLUTE)(url) == ABSOLUTE(base, url)


def test_length_on_the_short_way() -> None:
    resolve = resolver_of("http://h/", ABSOLUTE)
    assert resolve("x" * (LONGEST - 9)) and resolve("x" * (LONGEST - 8)) is None
