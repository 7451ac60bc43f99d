"""A page to its pairs: what counts as an image, where its URL stands, and what is carried."""

from __future__ import annotations

from typing import Any

import pytest

from crawl.pages.found import Count, Place, Row
from crawl.pages.page import PageReader
from crawl.pages.settings import Pages
from tests.support.pages import PAGE_URL

PLACE = Place("f.warc#7", PAGE_URL, 5)
HOST = "http://example.org"


def rows(page: str | bytes, headers: Any = ((), ()), place: Place = PLACE, **settings: Any) -> list[Row]:
    return read(page, headers, place, **settings)[0]


def read(page: str | bytes, headers: Any = ((), ()), place: Place = PLACE, **settings: Any) -> tuple[list[Row], Count]:
    count = Count()
    body = page.encode() if isinstance(page, str) else page
    found = list(PageReader(Pages(**settings), count).rows(place, body, "text/html", headers))
    lost = count["no_alt"] + count["no_url"] + count["bad_url"] + count["repeated"]
    assert count["images"] - lost == len(found) and count["pages"] + count["bad_record"] == 1
    return found, count


def url_of(image: str, **settings: Any) -> tuple[str, str] | None:
    """URL and attribute of a page with this image alone."""
    found = rows(image, **settings)
    return (found[0].url.removeprefix(f"{HOST}/dir/"), found[0].attribute) if found else None


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("<img alt=t src=a.jpg>", ("a.jpg", "src")),
        ("<img alt=t data-src=b.jpg src=a.jpg>", ("b.jpg", "data-src")),
        ("<img alt=t data-lazy=e data-original=d data-lazy-src=c data-src=b src=a>", ("b", "data-src")),
        ("<img alt=t data-lazy=e data-original=d data-lazy-src=c src=a>", ("c", "data-lazy-src")),
        ("<img alt=t data-lazy=e data-original=d src=a>", ("d", "data-original")),
        ("<img alt=t data-lazy=e src=a>", ("e", "data-lazy")),
        ("<img alt=t data-src='' src=a>", ("a", "src")),
        ("<img alt=t data-src=' \n' src=a>", ("a", "src")),
        ("<img alt=t data-src='data:image/gif;base64,R0' src=a>", ("a", "src")),
        ("<img alt=t data-src=' DATA:x' src=a>", ("a", "src")),
        ("<img alt=t data-src='blob:x' src=a>", ("a", "src")),
        ("<img alt=t data-src='about:blank' src=a>", ("a", "src")),
        ("<img alt=t data-src='javascript:x' src=a>", ("a", "src")),
        ("<img alt=t data-src='#x' src=a>", ("a", "src")),
        ("<img alt=t data-src='dat:a' src=a>", None),  # a URL of another scheme, so a bad one
        ("<img alt=t src='data:x' srcset='a 1x, b 2x'>", ("b", "srcset")),
        ("<img alt=t data-srcset='c 9w, d 9w' srcset='a 1x, b 2x'>", ("c", "data-srcset")),
        ("<img alt=t data-srcset='data:x 9w' srcset='a'>", ("a", "srcset")),
        ("<picture><source srcset='a 1x, b 3x'><source srcset=c><img alt=t></picture>", ("b", "source")),
        ("<picture><source src=z><source srcset='a'><img alt=t src=s></picture>", ("s", "src")),
        ("<picture><source srcset='data:x'><source srcset=c><img alt=t></picture>", None),
        ("<picture><source srcset='a'><span><img alt=t></span></picture>", ("a", "source")),
        ("<picture><span><source srcset='a'></span><img alt=t></picture>", ("a", "source")),
        ("<source srcset=a><img alt=t>", None),
        ("<img alt=t>", None),
        ("<img alt=t src>", None),
    ],
)
def test_the_url(image: str, expected: tuple[str, str] | None) -> None:
    assert url_of(image) == expected


def test_lazy_attributes_are_a_setting() -> None:
    image = "<img alt=t data-src=b data-normal=n src=a>"
    assert url_of(image, lazy_attributes=()) == ("a", "src")
    assert url_of(image, lazy_attributes=("Data-Normal",)) == ("n", "data-normal")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a//b.jpg", f"{HOST}/dir/a//b.jpg"),
        ("/a", f"{HOST}/a"),
        ("//other.org/a", "http://other.org/a"),
        ("../../a", f"{HOST}/a"),
        ("?q=1", f"{HOST}/dir/page.html?q=1"),
        ("a?b=2&a=1", f"{HOST}/dir/a?b=2&a=1"),
        ("a#part", f"{HOST}/dir/a"),
        ("a b.jpg", f"{HOST}/dir/a%20b.jpg"),
        ("é.jpg", f"{HOST}/dir/%C3%A9.jpg"),
        ("HTTPS://EXAMPLE.com:443/x", "https://example.com/x"),
        ("http://bücher.example/x", "http://xn--bcher-kva.example/x"),
        ("\\a", f"{HOST}/a"),
        ("ftp://example.org/a", None),
        ("http://", None),
        ("http://a b/", None),
        ("x" * (2048 - len(f"{HOST}/dir/")), f"{HOST}/dir/" + "x" * (2048 - len(f"{HOST}/dir/"))),
        ("x" * (2049 - len(f"{HOST}/dir/")), None),
        ("y%" * 1024, None),
    ],
)
def test_it_is_absolute(written: str, expected: str | None) -> None:
    found, count = read(f"<img alt=t src='{written}'>")
    assert [row.url for row in found] == ([expected] if expected else [])
    assert count["bad_url"] == (expected is None)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<base href=/b/>", f"{HOST}/b/a"),
        ("<base target=x><base href=/b/><base href=/c/>", f"{HOST}/b/a"),
        ("<base href=sub/>", f"{HOST}/dir/sub/a"),
        ("<base href='https://cdn.example/x/y?q'>", "https://cdn.example/x/a"),
        ("<base href='data:x'>", f"{HOST}/dir/a"),
        ("<base href=''>", f"{HOST}/dir/a"),
        ("<!-- <base href=/b/> -->", f"{HOST}/dir/a"),
    ],
)
def test_the_first_base(head: str, expected: str) -> None:
    assert [row.url for row in rows(f"{head}<img alt=t src=a>")] == [expected]
    assert [row.url for row in rows(f"<img alt=t src=a>{head}")] == [expected]


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("<img src=a alt='  x &amp; y\n'>", ["  x & y\n"]),
        ("<img src=a alt=''><img src=a alt=' \t\n\u00a0'><img src=a title=x><img src=a alt>", []),
        ("<IMG SRC=a ALT=x>", ["x"]),
        ("<image src=a alt=x>", ["x"]),
        ("<noscript><img src=a alt=x></noscript>", ["x"]),
        ("<head><noscript><img src=a alt=x></noscript></head>", ["x"]),
        ("<!-- <img src=a alt=x> --><img src=b alt=y>", ["y"]),
        ("<script>'<img src=a alt=x>'</script><style><img src=a alt=x></style>", []),
        ("<textarea><img src=a alt=x></textarea><title><img src=a alt=x></title>", []),
        ("<template><img src=a alt=x></template><iframe><img src=a alt=x></iframe>", []),
        ("<svg><image src=a href=a alt=x></svg>", []),
        ("<svg><foreignObject><img src=a alt=x></foreignObject></svg>", ["x"]),
        ("<img src=a alt=x alt=y>", ["x"]),
        ("<p title='<img src=a alt=x>'>", []),
    ],
)
def test_the_images_are_those_of_the_parser(page: str, texts: list[str]) -> None:
    assert [row.text for row in rows(page)] == texts


def test_repeats_on_a_page() -> None:
    page = "<img src=a alt=x><img src=./a alt=x><img src=a alt=y><img src=b alt=x><img src=a#q alt=x>"
    found, count = read(page)
    assert [(row.key, row.text) for row in found] == [("f.warc#7#0", "x"), ("f.warc#7#2", "y"), ("f.warc#7#3", "x")]
    assert count["repeated"] == 2
    assert len(rows(page, distinct="none")) == 5


def test_carried_columns() -> None:
    page = (
        "<html lang=' de-AT '><a rel='nofollow License' href='/cc'>x</a><link rel=license href=/other>"
        "<img src=a alt=x title='a title' width=' 30px' height=200.5><img alt=n><img src=b alt=y width=50% height=x>"
    )
    one, two = rows(page)
    assert one == Row("f.warc#7#0", "x", f"{HOST}/dir/a", PAGE_URL, "de-AT", 5, f"{HOST}/cc", "src", "a title", 30, 200)
    assert two[:3] == ("f.warc#7#2", "y", f"{HOST}/dir/b") and two[8:] == (None, None, None)


@pytest.mark.parametrize(
    ("page", "lang"), [("<html xml:lang=fr>", "fr"), ("<html lang=''>", None), ("<p lang=x>", None)]
)
def test_the_language(page: str, lang: str | None) -> None:
    assert [row.page_lang for row in rows(f"{page}<img src=a alt=x>")] == [lang]


@pytest.mark.parametrize(
    ("head", "headers", "out"),
    [
        ("<meta name=robots content='index, noai'>", ((), ()), True),
        ("<META NAME=ROBOTS CONTENT=NOINDEX>", ((), ()), True),
        ("<meta name=align-corpus content=noml>", ((), ()), True),
        ("<meta name=googlebot content=noindex>", ((), ()), False),
        ("<meta name=robots content='otherbot: noai'>", ((), ()), False),
        ("<meta name=robots>", ((), ()), False),
        ("<meta name=tdm-reservation content=1>", ((), ()), True),
        ("<meta name=tdm-reservation content=0>", ((), ()), False),
        ("<!-- <meta name=robots content=noai> -->", ((), ()), False),
        ("", (("noimageai",), ()), True),
        ("", (("otherbot: noai", "align-corpus: noimageindex"), ()), True),
        ("", (("nofollow",), ("0",)), False),
        ("", ((), ("1",)), True),
    ],
)
def test_opt_out(head: str, headers: Any, out: bool) -> None:
    page = f"{head}<img src=a alt=x>"
    found, count = read(page, headers)
    assert (found == [], count["opt_out"]) == (out, out)
    assert len(rows(page, headers, opt_out=())) == 1
    assert read("<p>", headers)[1]["no_image"] == 1


def test_a_page_of_unknown_url() -> None:
    place = Place("p.html#0", None, None)
    page = "<img src=a alt=x><img src=http://h/b alt=y>"
    found, count = read(page, place=place)
    assert [(row.url, row.page_url) for row in found] == [("http://h/b", None)] and count["bad_url"] == 1
    found = rows(f"<base href=http://h/d/>{page}", place=place)
    assert [(row.url, row.page_url) for row in found] == [("http://h/d/a", None), ("http://h/b", None)]
    found = rows(f"<link rel=canonical href=/no><link rel=canonical href=http://c/d/e>{page}", place=place)
    assert [(row.url, row.page_url) for row in found] == [
        ("http://c/d/a", "http://c/d/e"),
        ("http://h/b", "http://c/d/e"),
    ]
