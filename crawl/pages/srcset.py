"""`srcset`: image candidates by the HTML standard, and the largest of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

SPACE = " \t\n\f\r"
"""The white space of HTML."""

_OTHERS = ("data:", "blob:", "about:", "javascript:", "#")
_LONGEST_OTHER = max(map(len, _OTHERS))

_URL = re.compile(r"[\s,]*+(\S++)", re.ASCII)
_DESCRIPTORS = re.compile(r"((?:\([^)]*+\)?|[^,(]++)*+),?")
_WIDTH = re.compile(r"(?:\d+h\s+)?0*([1-9]\d{0,17})w(?:\s+\d+h)?", re.ASCII)
_DENSITY = re.compile(r"(\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?x", re.ASCII)


def usable(url: str | None) -> str | None:
    """Returns a URL as written, without white space around it, if it may lead to an image on the web; else None."""
    if not url or not (url := url.strip(SPACE)) or url[:_LONGEST_OTHER].lower().startswith(_OTHERS):
        return None
    return url


def largest(srcset: str | None) -> str | None:
    """Returns the usable URL of a srcset with the largest descriptor, the first of equals; None if there is none.

    A candidate without a descriptor has `1x`. One with a descriptor that the standard doesn't know is left out.
    """
    best, most = None, -1.0
    for url, descriptor in _candidates(srcset or ""):
        size = _size(descriptor)
        if size is not None and size > most and usable(url):
            best, most = url, size
    return best


def _candidates(srcset: str) -> Iterator[tuple[str, str]]:
    """Yields URLs and descriptors. A comma ends a URL only where white space follows it: URLs may hold commas."""
    place = 0
    while found := _URL.match(srcset, place):
        url, place = found[1], found.end()
        if url.endswith(","):
            yield url.rstrip(","), ""
            continue
        described = _DESCRIPTORS.match(srcset, place)
        assert described is not None  # it matches the empty string
        place = described.end()
        yield url, described[1].strip(SPACE)


def _size(descriptor: str) -> float | None:
    if not descriptor:
        return 1.0
    if width := _WIDTH.fullmatch(descriptor):
        return float(width[1])
    return float(descriptor[:-1]) if _DENSITY.fullmatch(descriptor) else None
