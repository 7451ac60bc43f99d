"""Records to rows: which are pages, and why the others are none."""

from __future__ import annotations

import gzip
import io
from itertools import count
from typing import Any

import pytest

from crawl.pages.archive import records
from crawl.pages.found import Count, Row
from crawl.pages.settings import Pages
from crawl.pages.warc import WarcRows, is_html, time_of
from tests.support.pages import DATE, PAGE_URL, archive, image, record, response

IMAGE = image("x", "a")
SECOND = 1_000_000
ZSTD = b"\x28\xb5\x2f\xfd\x04\x00" + b"a" * 99  # its magic number


def read(*made: bytes, **settings: Any) -> tuple[list[Row], dict[str, int]]:
    counts = Count()
    rows = WarcRows("f.warc", Pages(**settings), counts)
    found = list(rows.rows(records(io.BytesIO(archive(made)), rows.kinds)))
    return found, {name: number for name, number in counts.items() if number}


def of(content: bytes, **more: str) -> dict[str, int]:
    found, count = read(record(content, **more))
    assert len(found) == count.get("images", 0)
    return count


PAGE = {"records": 1, "pages": 1, "images": 1}


def html(**headers: str) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (response(IMAGE), PAGE),
        (response(IMAGE, html(Content_Type="application/xhtml+xml")), PAGE),
        (response(IMAGE, html(content_type="TEXT/HTML")), PAGE),
        (response(IMAGE, html(Server="x")), PAGE),
        (response(IMAGE, html(Content_Type="")), PAGE),
        (response(IMAGE, html(Content_Type="image/png")), {"records": 1, "not_html": 1}),
        (response(IMAGE, html(Content_Type="text/plain; x=html")), {"records": 1, "not_html": 1}),
        (response(IMAGE, status="404 Not Found"), {"records": 1, "status": 1}),
        (response(IMAGE, status="206 Partial"), {"records": 1, "status": 1}),
        (response(IMAGE, html(X_Robots_Tag="noai")), {"records": 1, "pages": 1, "opt_out": 1}),
        (response(IMAGE, html(TDM_Reservation="1")), {"records": 1, "pages": 1, "opt_out": 1}),
        (response("<p>"), {"records": 1, "pages": 1, "no_image": 1}),
        (response(""), {"records": 1, "pages": 1, "no_image": 1}),
        (IMAGE.encode(), {"records": 1, "bad_record": 1}),
        (b"", {"records": 1, "bad_record": 1}),
        (b"HTTP/1.1 200 OK\r\nA" + b"b" * 200_000 + b"\r\n\r\n" + IMAGE.encode(), {"records": 1, "bad_record": 1}),
        (b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + IMAGE.encode(), PAGE),
        (response(gzip.compress(IMAGE.encode()), html(Content_Encoding="gzip")), PAGE),
        (response(b"\x1f\x8bxxxxxxxxxxxxxxxxxx", html(Content_Encoding="gzip")), {"records": 1, "bad_record": 1}),
        (response(gzip.compress(bytes(10 << 20)), html(Content_Encoding="gzip")), {"records": 1, "bad_record": 1}),
        (response(ZSTD, html(Content_Encoding="zstd")), {"records": 1, "bad_record": 1}),
        (response(IMAGE + " " * (5 << 20)), {"records": 1, "bad_record": 1}),
        (response("<div>" * 100_000 + IMAGE), {"records": 1, "bad_record": 1}),
    ],
    ids=count(),
)
def test_responses(content: bytes, expected: dict[str, int]) -> None:
    assert of(content) == expected


@pytest.mark.parametrize(
    ("kind", "content_type", "expected"),
    [
        ("resource", "text/html", PAGE),
        ("resource", "text/html; charset=latin1", PAGE),
        ("resource", "image/png", {"records": 1, "not_html": 1}),
        ("response", "text/dns", {"records": 1, "not_html": 1}),
        ("conversion", "text/html", {}),
        ("metadata", "text/html", {}),
        ("revisit", "text/html", {}),
        ("something", "text/html", {}),
    ],
)
def test_other_records(kind: str, content_type: str, expected: dict[str, int]) -> None:
    assert of(IMAGE.encode(), kind=kind, content_type=content_type) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (response(IMAGE), PAGE),
        (response(IMAGE, status="404 Not Found"), {"records": 1, "status": 1}),
        (response(IMAGE, html(Content_Type="image/png")), {"records": 1, "not_html": 1}),
        (response(IMAGE + " " * (5 << 20)), {"records": 1, "bad_record": 1}),
        (IMAGE.encode(), PAGE),  # of another protocol
    ],
    ids=count(),
)
@pytest.mark.parametrize("kind", ["", "text/html"])
def test_a_response_begins_as_one_whatever_its_type(kind: str, content: bytes, expected: dict[str, int]) -> None:
    bare = record(content, content_type=kind).replace(b"Content-Type: \r\n", b"", 1)
    assert (b"Content-Type" in bare.partition(b"\r\n\r\n")[0]) == bool(kind)
    found, counted = read(bare, record(response(IMAGE)))
    assert counted == {name: expected.get(name, 0) + PAGE.get(name, 0) for name in {**expected, **PAGE}}
    assert len(found) == counted["images"]


def test_limits_on_each_side() -> None:
    page = response(IMAGE)
    assert read(record(page), max_bytes=len(IMAGE))[1] == PAGE
    assert read(record(page), max_bytes=len(IMAGE) - 1)[1] == {"records": 1, "bad_record": 1}


def test_a_bad_record_does_not_stop_the_file() -> None:
    bad = [b"", IMAGE.encode(), response(IMAGE, status="x"), b"HTTP/1.1 200 OK\r\nA" + b"b" * 200_000]
    made = [record(each) for one in bad for each in (one, response(IMAGE))]
    found, count = read(*made)
    assert len(found) == count["images"] == 4 and count["bad_record"] == 4


def test_rows_know_their_page() -> None:
    [row], _ = read(record(response(IMAGE), url=f"<{PAGE_URL}#part>"))
    assert (row.key, row.page_url, row.url) == ("f.warc#0#0", PAGE_URL, "http://example.org/dir/a")
    assert row.page_time == 1_704_164_645 * SECOND == time_of(DATE)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("1970-01-01T00:00:01Z", SECOND),
        ("1970-01-01T00:00:01.5Z", SECOND * 3 // 2),
        ("1970-01-01T01:00:01+01:00", SECOND),
        ("1970-01-01T00:00:01", SECOND),
        ("1970-01-02", 86_400 * SECOND),
        ("0001-01-01T00:00:00+23:00", (-62_135_596_800 - 23 * 3600) * SECOND),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times(date: str | None, expected: int | None) -> None:
    assert time_of(date) == expected


def test_media_types() -> None:
    assert is_html("") and is_html(" ; charset=x") and is_html("Text/HTML;x") and not is_html("text/xml; html")
