"""Facts that a page states about itself: language, base, licence, its own URL, and whether it opts out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from crawl.opt_out import AGENT, RESERVATION, refused
from crawl.pages.addresses import NOWHERE
from crawl.pages.srcset import SPACE

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

SAYING = ", ".join(
    ("base[href]", *(f"meta[name={name} i]" for name in ("robots", AGENT, RESERVATION)), "[rel~=license i]")
)
"""The elements that the functions below look at: one search for them and for images takes as long as for images."""

Refusals = tuple[Iterable[str], Iterable[str]]
"""The values of a page's `X-Robots-Tag` and `TDM-Reservation` headers."""

Absolute = Callable[[str, str], str | None]

_LINKS = ("link", "a", "area")
_LONGEST_LANGUAGE = 100  # characters; a longer `lang` is no language


def refuses(saying: Sequence[LexborNode], headers: Refusals, directives: Collection[str]) -> bool:
    """Returns whether a page opts out, by its headers or a `<meta>`."""
    robots, reservations = list(headers[0]), list(headers[1])
    for values in (node.attributes for node in saying if node.tag == "meta"):
        kind = reservations if (values["name"] or "").lower() == RESERVATION else robots
        kind.append(values.get("content") or "")
    return refused(robots, reservations, directives)


def base_url(saying: Sequence[LexborNode], page_url: str | None, absolute: Absolute) -> str:
    """Returns what the page's URLs are relative to: its first `<base href>`, else its own URL."""
    own = page_url or NOWHERE
    first = next((node for node in saying if node.tag == "base"), None)
    return own if first is None else absolute(own, first.attributes["href"] or "") or own


def licence_url(saying: Sequence[LexborNode], base: str, absolute: Absolute) -> str | None:
    """Returns the URL of the first `rel=license` that has one, absolute."""
    links = (node.attributes.get("href") for node in saying if node.tag in _LINKS)
    first = next(filter(None, links), None)
    return absolute(base, first) if first else None


def language(tree: LexborHTMLParser) -> str | None:
    """Returns the `lang` of `<html>`, or its `xml:lang`; None if both are empty."""
    values = tree.root.attributes if tree.root is not None else {}
    found = (values.get("lang") or values.get("xml:lang") or "").strip(SPACE)
    return found if 0 < len(found) <= _LONGEST_LANGUAGE else None


def canonical_url(tree: LexborHTMLParser, absolute: Absolute) -> str | None:
    """Returns the first `<link rel=canonical>` with an absolute URL."""
    links = (link.attributes.get("href") or "" for link in tree.css("link[rel~=canonical i]"))
    return next(filter(None, (absolute(NOWHERE, url) for url in links)), None)
