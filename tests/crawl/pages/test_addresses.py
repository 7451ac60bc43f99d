"""URLs by the WHATWG standard: the short way for plain paths equals the parser's."""

from __future__ import annotations

import hypothesis.strategies as st
from ada_url import join_url
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


HOSTS = (
    "example.org", "a-b.c1.example", "3.de", "xn--bcher-kva.example", "xn--a.example", "EXAMPLE.org", "1.2.3.4",
    "0x7f.1", "h", "a_b.de", "a--b.de", "-a.de", "a-.de", "example.org:80", "example.org.", "a..de", "ab.c", "x.0x1",
    "ex%61mple.de",
)  # fmt: skip
QUERIES = ("", "?", "?a=1&b=2", "?x y", "?a%20b", "?'", "?a=b/../c:d,e;f@g", "?é", "?q#f")


@given(
    st.sampled_from(("http", "https", "HTTP", "ftp")),
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from(PARTS)),
    st.sampled_from(QUERIES),
)
def test_normal_forms(scheme: str, host: str, parts: list[str], query: str) -> None:
    url = f"{scheme}://{host}/{'/'.join(parts)}{query}"
    try:
        expected = join_url(NOWHERE, url).partition("#")[0]
    except ValueError:
        expected = ""
    assert ABSOLUTE(NOWHERE, url) == (expected if expected.startswith("http") else None)


def test_length_on_the_short_way() -> None:
    resolve = resolver_of("http://h/", ABSOLUTE)
    assert resolve("x" * (LONGEST - 9)) and resolve("x" * (LONGEST - 8)) is None
