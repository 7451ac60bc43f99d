"""The settings by which pages become pairs, and the names of what is counted on the way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from crawl.opt_out import DIRECTIVES

LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy")
"""Attributes whose URL the page's script moves into `src` once the image is near."""

DISTINCT = ("page", "none")

LARGEST = 5 << 20
"""The most bytes of a page, or of a WAT record. Common Crawl cuts pages at this size too."""


@dataclass(frozen=True)
class Pages:
    """Settings by which pages (.warc, .wat, .html) become pairs."""

    lazy_attributes: Annotated[
        tuple[str, ...], "attributes of an img that may hold its URL, tried in this order before src"
    ] = LAZY
    distinct: Annotated[str, "page: a URL with the same text counts once a page; none: every img is a pair"] = "page"
    opt_out: Annotated[
        tuple[str, ...], "directives of robots headers and metas by which a page gives no pairs; []: none does"
    ] = DIRECTIVES
    max_bytes: Annotated[int, "largest page, unpacked; a larger one is counted as a bad record", "bytes"] = LARGEST

    def __post_init__(self) -> None:
        if self.distinct not in DISTINCT:
            raise ValueError(f"distinct: no such choice: {self.distinct}; the choices are {', '.join(DISTINCT)}")
        if self.max_bytes < 1:
            raise ValueError(f"max_bytes: must be 1 or more: {self.max_bytes}")

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes with a single URL, in order, in lower case as the parser gives them."""
        return (*(name.lower() for name in self.lazy_attributes), "src")

    @cached_property
    def directives(self) -> frozenset[str]:
        """The directives of `opt_out`, in lower case."""
        return frozenset(name.lower() for name in self.opt_out)
