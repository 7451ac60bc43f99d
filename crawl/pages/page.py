"""A page to its pairs: every `<img>` with an alt-text and a URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from crawl.pages.about import SAYING, Refusals, base_url, canonical_url, language, licence_url, refuses
from crawl.pages.addresses import resolver, resolver_of
from crawl.pages.costs import is_costly
from crawl.pages.decoding import to_utf8
from crawl.pages.found import Count, Place, Row
from crawl.pages.image_url import Pictures, find_url
from crawl.pages.judge import Judge
from crawl.pages.settings import Pages

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_SPACE = r"[ \t\n\f\r]*+"
_SIZE = re.compile(rf"{_SPACE}\+?(\d{{1,9}})(?:\.\d*+)?{_SPACE}(?:px)?{_SPACE}", re.ASCII | re.IGNORECASE)
_SEARCHED = f"img, {SAYING}"
_IMAGE = re.compile(rb"<[iI][mM]")  # <image> is another name of <img>
_NO_HEADERS: Refusals = ((), ())


class PageReader:
    """Reads pages by the same settings, and counts in `count` what gives no pair.

    Raises ImportError without the parsers, which are an extra.
    """

    def __init__(self, settings: Pages, count: Count) -> None:
        from selectolax.lexbor import LexborHTMLParser

        self.count = count
        self._parse: Callable[[bytes], LexborHTMLParser] = LexborHTMLParser
        self._absolute = resolver()
        self._attributes = settings.attributes
        self._directives = settings.directives
        self._distinct = settings.distinct == "page"

    def rows(self, place: Place, body: bytes, content_type: str, headers: Refusals = _NO_HEADERS) -> Iterator[Row]:
        """Yields the pairs of a page, in the order of its images.

        A page of unknown URL has the one that it calls canonical, if any. `content_type` is its header, or empty.
        """
        html = to_utf8(body, content_type)
        if is_costly(html):
            self.count["bad_record"] += 1
            return
        self.count["pages"] += 1
        tree = self._parse(html) if _IMAGE.search(html) else None
        images, saying = _divided(tree.css(_SEARCHED)) if tree is not None else ([], [])
        if tree is None or not images:
            self.count["no_image"] += 1
        elif self._directives and refuses(saying, headers, self._directives):
            self.count["opt_out"] += 1
        else:
            place = place if place.url else place._replace(url=canonical_url(tree, self._absolute))
            base = base_url(saying, place.url, self._absolute)
            licence = licence_url(saying, base, self._absolute)
            yield from self._pairs(place, base, language(tree), licence, images, Pictures(tree))

    def _pairs(
        self,
        place: Place,
        base: str,
        lang: str | None,
        licence: str | None,
        images: list[LexborNode],
        pictures: Pictures,
    ) -> Iterator[Row]:
        """Yields the pairs of images, and counts why the others are none."""
        judge, attributes = Judge(self.count, resolver_of(base, self._absolute), self._distinct), self._attributes
        self.count["images"] += len(images)
        for number, image in enumerate(images):
            values = image.attributes
            text = judge.text(values.get("alt"))
            if text is None:
                continue
            written, attribute = find_url(image, values, attributes, pictures)
            if (url := judge.url(text, written)) and attribute:
                about = (place.url, lang, place.time, licence, attribute, values.get("title"))
                sizes = (_pixels(values.get("width")), _pixels(values.get("height")))
                yield Row(f"{place.key}#{number}", text, url, *about, *sizes)


def _divided(nodes: list[LexborNode]) -> tuple[list[LexborNode], list[LexborNode]]:
    """Images, and the other elements, each in the order of the page."""
    images: list[LexborNode] = []
    others: list[LexborNode] = []
    for node in nodes:
        (images if node.tag == "img" else others).append(node)
    return images, others


def _pixels(written: str | None) -> int | None:
    """A width or height in pixels; null for percentages, and for what isn't a number."""
    found = _SIZE.fullmatch(written) if written else None
    return int(found[1]) if found else None
