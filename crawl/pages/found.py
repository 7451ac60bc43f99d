"""Results of a file of pages: rows, and counts of what gave no pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

COUNTS: Mapping[str, str] = {
    "records": "Responses, resources and files that may be pages",
    "status": "HTTP status other than 200",
    "not_html": "not HTML",
    "bad_record": "too large, or not readable as a response",
    "pages": "HTML pages",
    "no_image": "pages without an image",
    "opt_out": "pages that opt out",
    "images": "images of the other pages",
    "no_alt": "no alt-text",
    "no_url": "no URL",
    "bad_url": "a URL that is not http or https, or not valid, or too long",
    "repeated": "the same URL and text again on the page",
}
"""The names of the counts, each with what it counts. Pairs are `images` less the four counts after it."""


class Row(NamedTuple):
    """A pair, and what is known of its page and its `<img>`."""

    key: str
    text: str
    url: str
    page_url: str | None
    page_lang: str | None
    page_time: int | None  # microseconds since 1970
    licence: str | None
    attribute: str
    title: str | None
    html_width: int | None
    html_height: int | None


class Place(NamedTuple):
    """A page's place: its key, without the number of the image; its URL, and time in microseconds, where known."""

    key: str
    url: str | None
    time: int | None


class Count(dict[str, int]):
    """The counts of a file, with all names of COUNTS from the start."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(COUNTS, 0))
