"""Images, URLs and texts of random pages as html5lib, a separate implementation of the standard, sees them."""

from __future__ import annotations

import random

import html5lib
import pytest

from crawl.pages.found import Count, Place
from crawl.pages.page import PageReader
from crawl.pages.settings import Pages

PAGES = 1_500
PIECES = [
    "<img src=a{n} alt=x{n}>",
    "<IMG ALT='t {n}' SRC=b{n}>", "<img src=c{n} alt='&lt;&eacute;&#x41;{n}'/>", "<p>", "</p>",
    "<div>", "</div>", "<table>", "<tr><td>", "</table>", "<noscript>", "</noscript>", "<!--", "-->", "<script>",
    "</script>", "<style>", "</style>", "<textarea>", "</textarea>", "<svg>", "</svg>", "<b>", "</b>", "<a href=q{n}>",
    "</a>", "<title>", "</title>",  "text", "\n",
    "</body>", "<head>", "</head>", "<html>", "<math>", "</math>", "<li>", "<ul>", "</ul>", "<iframe>", "</iframe>",
    "<i>", "</i>", "<h1>", "<br>", "</br>", "<form>", "<![CDATA[", "]]>", "<?x ", "</", "<button>",
]  # fmt: skip


def expected(page: str) -> list[tuple[str, str]]:
    tree = html5lib.parse(page, namespaceHTMLElements=True)
    images = tree.iter("{http://www.w3.org/1999/xhtml}img")
    return [(image.get("alt"), f"http://h/{image.get('src')}") for image in images]


@pytest.mark.slow(seconds=6)
def test_random_pages() -> None:
    rng = random.Random(2)
    reader = PageReader(Pages(distinct="none"), Count())
    found = different = 0
    for _ in range(PAGES):
        page = "".join(piece.format(n=n) for n, piece in enumerate(rng.choices(PIECES, k=rng.randint(1, 25))))
        rows = [(row.text, row.url) for row in reader.rows(Place("k", "http://h/", None), page.encode(), "")]
        found += len(rows)
        different += rows != expected(page)
    assert found > PAGES / 3 and different <= PAGES // 300, different
