"""WAT files: the rows of the WARC wherever WAT can know them, and records that are none."""

from __future__ import annotations

import io
import random
from itertools import count
from typing import Any

import pytest

from crawl.pages.archive import records
from crawl.pages.found import Count, Row
from crawl.pages.settings import Pages
from crawl.pages.warc import WarcRows
from crawl.pages.wat import WatRows
from tests.support.pages import archive, image, record, response, warc, wat, wat_record

HTTP = "http://example.org"


def read(kind: type[WarcRows | WatRows], content: bytes, **settings: Any) -> tuple[list[Row], dict[str, int]]:
    found_counts = Count()
    rows = kind("f", Pages(**settings), found_counts)
    found = list(rows.rows(records(io.BytesIO(content), rows.kinds)))
    return found, {name: number for name, number in found_counts.items() if number}


def counts(made: bytes) -> dict[str, int]:
    return read(WatRows, archive([made]))[1]


URLS = (
    "a.jpg",
    "/b//c.png?x=1&y=2",
    "//h/d",
    "https://k/é e.gif#f",
    "",
    " ",
    "data:x",
    "ftp://x/y",
    "#",
    "../../z",
    "a.jpg",
)
TEXTS = ("a cat", "a & b <i>", " ", "", "\u00a0", "two\nlines", "<3", "ünï ☃ 猫", None)
HEADS = (
    "", "<base href=/base/>", "<base href='https://cdn/x/'><base href=/no/>", "<meta name=robots content=noai>",
    "<meta name=tdm-reservation content=1>", "<meta name=robots content='other: noai'>",
    "<a rel=license href=/cc>x</a>",
)  # fmt: skip


def random_page(rng: random.Random) -> str:
    images = (
        image(rng.choice(TEXTS), rng.choice(URLS), rng.choice(("", "title='a &amp; b'", "class=x")))
        for _ in range(rng.randint(0, 6))
    )
    return "<!DOCTYPE html><title>t</title>" + rng.choice(HEADS) + "<p>".join(images)


@pytest.mark.parametrize("settings", [{}, {"distinct": "none"}, {"opt_out": ()}])
def test_the_rows_of_the_warc(settings: dict[str, Any]) -> None:
    """On pages without lazy attributes, srcset and noscript."""
    rng = random.Random(4)
    pages = [random_page(rng) for _ in range(400)]
    (ours, our_count), (theirs, their_count) = (
        read(WatRows, wat(*pages), **settings),
        read(WarcRows, warc(*pages), **settings),
    )
    for one, other in zip(ours, theirs, strict=True):
        assert one.key.rpartition("#")[2] == other.key.rpartition("#")[2]
        assert one._replace(key="") == other._replace(key="")
    assert our_count == their_count and len(ours) > 200


IMAGE = image("x", "a")
PAGE = {"records": 1, "pages": 1, "images": 1}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (wat_record(IMAGE), PAGE),
        (wat_record("<p>"), {"records": 1, "pages": 1, "no_image": 1}),
        (wat_record(IMAGE, headers={"x-robots-tag": "noai"}), {"records": 1, "pages": 1, "opt_out": 1}),
        (wat_record(IMAGE, headers={"X-Robots-Tag": ["x", "noai"]}), {"records": 1, "pages": 1, "opt_out": 1}),  # type: ignore[dict-item]
        (wat_record(IMAGE, headers={"TDM-Reservation": "1"}), {"records": 1, "pages": 1, "opt_out": 1}),
        (wat_record(IMAGE, **{"Response-Message": {"Status": "404"}}), {"records": 1, "status": 1}),
        (wat_record(IMAGE, **{"Response-Message": {}}), PAGE),
        (wat_record(IMAGE, **{"HTML-Metadata": {}}), {"records": 1, "pages": 1, "no_image": 1}),
        (wat_record(IMAGE, **{"HTML-Metadata": []}), {"records": 1, "bad_record": 1}),
        (wat_record(IMAGE, **{"HTML-Metadata": {"Links": [1]}}), {"records": 1, "bad_record": 1}),
        (
            wat_record(IMAGE, **{"HTML-Metadata": {"Links": [{"path": "IMG@/src", "url": 3, "alt": "x"}]}}),
            {"records": 1, "bad_record": 1},
        ),
        (record(b'{"HTTP-Response-Metadata": 1, "HTML-Metadata"', "metadata"), {"records": 1, "bad_record": 1}),
        (
            record(b"[" * 100_000 + b'"HTTP-Response-Metadata" "HTML-Metadata"', "metadata"),
            {"records": 1, "bad_record": 1},
        ),
        (record(b'{"HTTP-Response-Metadata": {}}', "metadata"), {"records": 1, "not_html": 1}),
        (record(b'{"HTTP-Request-Metadata": {}}', "metadata"), {}),
        (record(b" " * (6 << 20), "metadata"), {"records": 1, "bad_record": 1}),
        (record(response(IMAGE)), {}),
    ],
    ids=count(),
)  # fmt: skip
def test_records(made: bytes, expected: dict[str, int]) -> None:
    assert counts(made) == expected


def test_only_src_is_known() -> None:
    links = [{"path": f"IMG@/{name}", "url": f"http://h/{name}", "alt": "x"} for name in ("src", "data-src", "srcset")]
    [row] = read(WatRows, archive([wat_record("", **{"HTML-Metadata": {"Links": links}})]))[0]
    assert (row.url, row.attribute, row.page_lang, row.html_width) == ("http://h/src", "src", None, None)


def test_lone_surrogates_are_replaced() -> None:
    made = wat_record(image("SURROGATE", "a"))
    content = archive(
        [record(made.partition(b"\r\n\r\n")[2].strip().replace(b"SURROGATE", b"x \\ud83d y"), "metadata")]
    )
    assert [row.text for row in read(WatRows, content)[0]] == ["x \ufffd y"]
