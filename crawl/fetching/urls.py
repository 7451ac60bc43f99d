"""URLs as the WHATWG standard reads them, and what a loop needs to know of each: its origin and its host."""

from __future__ import annotations

import re
from typing import NamedTuple

from ada_url import join_url, normalize_url

_NORMAL = re.compile(r"(https?://(\[[0-9a-f:.]+\]|[^/:?#@%\[\]]+)(?::[1-9]\d*)?)/[^#]*")  # no name, no password


class Place(NamedTuple):
    """A URL that can be asked for: without a fragment, its host in ASCII."""

    url: str
    origin: str  # scheme, host and port: what one robots.txt is for
    host: str  # what is asked politely; an IPv6 address in brackets


def place_of(url: str, base: str = "") -> Place | None:
    """Returns where a URL is, relative to `base` if there is one; None if it can't be asked for.

    Only http and https can, and no URL with a name or a password: a picture that needs one is not public.
    """
    try:
        normal = _NORMAL.match(join_url(base, url) if base else normalize_url(url))
    except ValueError:
        return None
    return Place(normal[0], normal[1], normal[2]) if normal else None


def host_of(url: str) -> str | None:
    """Returns the name by which `fetch` is polite to a URL's host, and by which URLs are sharded; None if bad."""
    place = place_of(url)
    return place.host if place else None
