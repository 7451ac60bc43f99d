"""URLs as the WHATWG standard reads them, and what a loop needs to know of each: its origin and its host."""

from __future__ import annotations

from typing import NamedTuple

from ada_url import URL

_SCHEMES = ("http:", "https:")


class Place(NamedTuple):
    """A URL that can be asked for: without a fragment, its host in ASCII."""

    url: str
    origin: str  # scheme, host and port: what one robots.txt is for
    host: str  # what is asked politely; an IPv6 address in brackets


def place_of(url: str, base: str | None = None) -> Place | None:
    """Returns where a URL is, relative to `base` if there is one; None if it can't be asked for.

    Only http and https can, and no URL with a name or a password: a picture that needs one is not public.
    """
    try:
        parsed = URL(url, base=base) if base else URL(url)
    except (ValueError, TypeError):
        return None
    if parsed.protocol not in _SCHEMES or not parsed.hostname or parsed.username or parsed.password:
        return None
    if parsed.port == "0" or "%" in parsed.hostname:
        return None
    return Place(parsed.href.partition("#")[0], f"{parsed.protocol}//{parsed.host}", parsed.hostname)


def host_of(url: str) -> str | None:
    """Returns the name by which `fetch` is polite to a URL's host, and by which URLs are sharded; None if bad."""
    place = place_of(url)
    return place.host if place else None
