"""Judges the images of a page: an image with an alt-text and a URL is a pair, and each other one has its cause."""

from __future__ import annotations

from collections.abc import Callable

from crawl.pages.found import Count


class Judge:
    """Judges the images of one page, and counts in `count` why an image is no pair.

    `resolve` makes a URL of the page absolute. With `distinct` a URL with the same text counts once.
    """

    __slots__ = ("_count", "_distinct", "_resolve", "_seen")

    def __init__(self, count: Count, resolve: Callable[[str], str | None], distinct: bool) -> None:
        self._count, self._resolve, self._distinct = count, resolve, distinct
        self._seen = set[tuple[str, str]]()

    def text(self, alt: str | None) -> str | None:
        """Returns an alt-text; None if it is missing, or white space alone."""
        if alt and not alt.isspace():
            return alt
        self._count["no_alt"] += 1
        return None

    def url(self, text: str, written: str | None) -> str | None:
        """Returns the absolute URL of an image with this text; None if there is none, or the pair is a repeated one."""
        if written is None:
            self._count["no_url"] += 1
        elif (url := self._resolve(written)) is None:
            self._count["bad_url"] += 1
        elif self._distinct and (url, text) in self._seen:
            self._count["repeated"] += 1
        else:
            self._seen.add((url, text))
            return url
        return None
