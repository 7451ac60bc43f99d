"""A page to its pairs: every `<img>` with an alt-text and a URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from crawl.opt_out import AGENT, RESERVATION, opted_out, reserved
from crawl.pages.addresses import NOWHERE, resolver
from crawl.pages.costs import is_costly
from crawl.pages.decoding import to_utf8
from crawl.pages.found import Count, Place, Row
from crawl.pages.image_url import find_url
from crawl.pages.settings import Pages
from crawl.pages.srcset import SPACE

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_SIZE = re.compile(r"[ \t\n\f\r]*\+?(\d{1,9})(?:\.\d*)?[ \t\n\f\r]*(?:px)?[ \t\n\f\r]*", re.ASCII | re.IGNORECASE)
_LICENSED = "a[rel], area[rel], link[rel]"
_LONGEST_LANGUAGE = 100  # characters; a longer `lang` is no language

Refusals = tuple[Iterable[str], Iterable[str]]
"""The values of a page's `X-Robots-Tag` and `TDM-Reservation` headers."""


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

    def rows(self, place: Place, body: bytes, content_type: str, refusals: Refusals = ((), ())) -> Iterator[Row]:
        """Yields the pairs of a page, in the order of its images.

        A page of unknown URL has the one that it calls canonical, if any. `content_type` is its header, or empty.
        """
        html = to_utf8(body, content_type)
        low = html.lower()
        if is_costly(low):
            self.count["bad_record"] += 1
            return
        self.count["pages"] += 1
        tree = self._parse(html) if b"<im" in low else None  # <image> is another name of <img>
        images = tree.tags("img") if tree else []
        if tree is None or not images:
            self.count["no_image"] += 1
        elif self._refuses(tree, refusals):
            self.count["opt_out"] += 1
        else:
            self.count["images"] += len(images)
            yield from self._pairs(place, tree, images, low)

    def _refuses(self, tree: LexborHTMLParser, refusals: Refusals) -> bool:
        if not self._directives:
            return False
        robots, reservations = list(refusals[0]), list(refusals[1])
        for meta in tree.tags("meta"):
            values = meta.attributes
            name = (values.get("name") or "").strip(SPACE).lower()
            if name in ("robots", AGENT):
                robots.append(values.get("content") or "")
            elif name == RESERVATION:
                reservations.append(values.get("content") or "")
        return opted_out(robots, self._directives) or reserved(reservations, self._directives)

    def _pairs(self, place: Place, tree: LexborHTMLParser, images: list[LexborNode], low: bytes) -> Iterator[Row]:
        count, absolute, attributes, distinct = self.count, self._absolute, self._attributes, self._distinct
        page_url = place.url or self._canonical(tree, low)
        base = self._base(tree, page_url, low)
        about = (page_url, _language(tree), place.time, self._licence(tree, base, low))
        seen, known = set[tuple[str, str]](), dict[str, str | None]()
        for number, image in enumerate(images):
            text = image.attrs.get("alt")
            if not text or text.isspace():
                count["no_alt"] += 1
                continue
            values = image.attributes
            written, attribute = find_url(image, values, attributes)
            if written is None or attribute is None:
                count["no_url"] += 1
                continue
            url = known[written] if written in known else known.setdefault(written, absolute(base, written))
            if url is None:
                count["bad_url"] += 1
            elif distinct and (url, text) in seen:
                count["repeated"] += 1
            else:
                seen.add((url, text))
                size = (_size(values.get("width")), _size(values.get("height")))
                yield Row(f"{place.key}#{number}", text, url, *about, attribute, values.get("title"), *size)

    def _base(self, tree: LexborHTMLParser, page_url: str | None, low: bytes) -> str:
        """The URL that the page's URLs are relative to: its first `<base href>`, else its own."""
        own = page_url or NOWHERE
        bases = (node.attributes for node in (tree.tags("base") if b"<base" in low else ()))
        written = next((values["href"] or "" for values in bases if "href" in values), None)
        return own if written is None else self._absolute(own, written) or own

    def _canonical(self, tree: LexborHTMLParser, low: bytes) -> str | None:
        """The first absolute `<link rel=canonical>`."""
        links = (node.attributes for node in (tree.tags("link") if b"canonical" in low else ()))
        written = (values.get("href") or "" for values in links if _has(values.get("rel"), "canonical"))
        return next(filter(None, (self._absolute(NOWHERE, url) for url in written)), None)

    def _licence(self, tree: LexborHTMLParser, base: str, low: bytes) -> str | None:
        """The first `rel=license` with a URL, absolute."""
        links = (node.attributes for node in (tree.css(_LICENSED) if b"licen" in low else ()))
        written = (values["href"] for values in links if values.get("href") and _has(values["rel"], "license"))
        first = next(written, None)
        return self._absolute(base, first) if first else None


def _language(tree: LexborHTMLParser) -> str | None:
    """The `lang` of `<html>`; null if it is empty."""
    root = tree.root
    language = (root.attrs.get("lang") or "").strip(SPACE) if root is not None else ""
    return language if 0 < len(language) <= _LONGEST_LANGUAGE else None


def _has(relations: str | None, name: str) -> bool:
    return name in (relations or "").lower().split()


def _size(written: str | None) -> int | None:
    """A width or height in pixels; null for percentages, and for what isn't a number."""
    found = _SIZE.fullmatch(written) if written else None
    return int(found[1]) if found else None
