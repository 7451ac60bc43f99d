"""The first steps of a funnel that begins with pages: from records to pages, to their images, to pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawl.pages.found import COUNTS

TOTALS = ("records", "pages", "images")
"""The counts that a part of the way begins with; the others are what gets lost on it."""


@dataclass(frozen=True)
class PageStep:
    """A total (`dropped` is None), or what a cause takes off the total before it."""

    name: str
    says: str
    dropped: int | None
    left: int
    whole: int  # the total before it


def page_steps(funnel: Mapping[str, Any]) -> Iterator[PageStep]:
    """Yields the steps of `pages` in `funnel.json`, in order; none for other inputs, and for older versions."""
    counts = funnel.get("pages") or {}
    left = whole = 0
    for name in (name for name in COUNTS if name in counts):
        if name in TOTALS:
            left = whole = counts[name]
        else:
            left -= counts[name]
        yield PageStep(name, COUNTS[name], None if name in TOTALS else counts[name], left, whole)
