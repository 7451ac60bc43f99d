"""Long runs of one character, and many elements of one kind: what is quadratic in them would take hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crawl.fetching.headers import Headers
from crawl.fetching.robots import Judge, Rules
from crawl.fetching.urls import place_of
from crawl.opt_out import DIRECTIVES, opted_out, reserved
from crawl.pages.addresses import NOWHERE, resolver, resolver_of
from crawl.pages.costs import is_costly
from crawl.pages.declared import charset_of, declared_codec
from crawl.pages.decoding import to_utf8
from crawl.pages.detection import detect
from crawl.pages.found import Count, Place, Row
from crawl.pages.labels import codec_of
from crawl.pages.page import PageReader
from crawl.pages.settings import Pages
from crawl.pages.srcset import largest, usable
from crawl.pages.unpacked import unpacked
from crawl.pages.warc import is_html, time_of

LONG = 50_000  # characters, whose square is a minute
STARTS = [
    "",
    "1",
    "1.",
    "1h",
    "1w",
    "a",
    "a 1",
    "a (",
    "a:",
    "charset",
    "charset=",
    "text/html;",
    "user-agent",
    "http://a/",
]
RUNS = [
    " ", "\t \n", "\r", "0", "1", "a", ",", ", ", ";", "(", ")", "()", "((", "<", "<!--", "<a ", "<a '", '<a "',
    "'", '"', "/", "./", "a/", "//", "&", "=", "= ", ":", "a:", "%", "#", "?", "\\", "-", ".", "1h ", "1w ", "a 1x, ",
    "charset ", "charset=", "charset='", "user-agent: ", "*", "é", "\u0661",
]  # fmt: skip


def rows(page: str | bytes) -> list[Row]:
    body = page.encode() if isinstance(page, str) else page
    return list(PageReader(Pages(), Count()).rows(Place("k", "http://h/", None), body, ""))


def header(line: str) -> None:
    made = Headers()
    for each in (b"HTTP/1.1 302 x\r\n", f"Location:{line}\r\n".encode(), f"Retry-After:{line}\r\n".encode(), b"\r\n"):
        made.add(each)
    _ = made.location(), made.retry_after(), made.length(), made.opted_out(frozenset(DIRECTIVES))


READERS: dict[str, Callable[[str], Any]] = {
    "width": lambda text: rows(f"<img alt=x src=/a.png width='{text.replace(chr(39), '')}'>"),
    "srcset": largest,
    "url": usable,
    "charset": charset_of,
    "label": codec_of,
    "media type": is_html,
    "date": time_of,
    "declared": lambda text: declared_codec(text.encode()),
    "detected": lambda text: detect(b"\xff" + text.encode()),
    "decoded": lambda text: to_utf8(b"\xff" + text.encode(), text[:1000]),
    "costs": lambda text: is_costly(text.encode()),
    "chunked": lambda text: unpacked(text.encode(), "chunked", "", 10 * LONG),
    "encoding": lambda text: unpacked(b"<", text, "", LONG),
    "robots directives": lambda text: opted_out([text], DIRECTIVES),
    "reservation": lambda text: reserved([text], DIRECTIVES),
    "resolved": lambda text: resolver()("http://a/", text),
    "resolved again": lambda text: resolver_of("http://a/b", resolver())(text),
    "base": lambda text: resolver_of(resolver()(NOWHERE, "http://a/" + text[:2000]) or "http://a/", resolver())("a"),
    "header": header,
    "place": place_of,
    "robots.txt": lambda text: Judge().allows(Rules.of(text.encode()), "http://a/" + text[:2000]),
}


@pytest.mark.parametrize("name", READERS)
def test_a_long_run(name: str) -> None:
    for start in STARTS if name not in ("detected", "decoded") else ["", "charset"]:
        for run in RUNS:
            READERS[name](start + run * (LONG // len(run)) + "x")


def test_the_longest_size() -> None:
    [row] = rows(f'<img alt=x src=/a.png width="1{" " * 4_900_000}x">')
    assert row.html_width is None


@pytest.mark.parametrize("end", ["", "</picture>"])
@pytest.mark.parametrize("source", ["", "<source srcset=/a.png>", "<source srcset>"])
def test_many_images_in_a_picture(source: str, end: str) -> None:
    page = "<picture>" + source * 12_000 + "<img alt=x>" * 12_000 + end
    assert len(rows(page)) == (1 if "=" in source else 0)


def test_many_images_in_a_picture_with_many_candidates() -> None:
    candidates = ",".join(f"/{number}.png {number}w" for number in range(1, 40_001))
    [row] = rows(f"<picture><source srcset='{candidates}'>" + "<img alt=x>" * 12_000)
    assert row.url == "http://h/40000.png"


def test_pictures_in_pictures() -> None:
    page = "".join(f"<picture><source srcset=/{number}.png><img alt=x>" for number in range(5_000))
    assert [row.url for row in rows(page)] == [f"http://h/{number}.png" for number in range(5_000)]
