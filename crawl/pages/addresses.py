"""URLs by the WHATWG standard, as browsers resolve them: `urljoin` would drop empty parts of a path."""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 2048
"""The most characters of a URL."""

NOWHERE = "about:blank"
"""The base of a page whose URL is unknown: relative URLs can't be resolved."""

_WEB = ("http://", "https://")


_PATH = r"[\w~-][\w.~-]*+(?:/++[\w~-][\w.~-]*+)*+/?"
_PLAIN = re.compile(rf"(/?){_PATH}", re.ASCII)
_NORMAL = re.compile(  # a URL that is its own normal form
    rf"https?://(?:(?!xn--)[a-z0-9][a-z0-9-]*+\.)+[a-z]{{2,}}/++(?:{_PATH})?(?:\?[\w.~=&+/:,;@-]*+)?", re.ASCII
)
_FILE = re.compile(r"(https?://[^/?#]+)(/(?:[^?#]*/)?)[^/?#]*(?:\?[^#]*)?")


def resolver() -> Callable[[str, str], str | None]:
    """The function `absolute`, after the import of the URL parser that it needs."""
    from ada_url import join_url

    def absolute(base: str, url: str) -> str | None:
        """Returns the http or https URL without its fragment that `url` means on a page with this base; else None."""
        if len(url) <= LONGEST and _NORMAL.fullmatch(url):
            return url
        try:
            found: str = join_url(base, url)
        except ValueError:
            return None
        found = found.partition("#")[0]  # elsewhere a number sign is percent-encoded
        return found if found.startswith(_WEB) and len(found) <= LONGEST else None

    return absolute


def resolver_of(base: str, absolute: Callable[[str, str], str | None]) -> Callable[[str], str | None]:
    """The function that does what `absolute` does with one base, which `absolute` gave, and remembers the URLs.

    Most URLs are paths of letters and digits, which resolve to the text of the base before them.
    """
    known: dict[str, str | None] = {}
    parts = _FILE.fullmatch(base)

    def resolve(url: str) -> str | None:
        if url not in known:
            plain = _PLAIN.fullmatch(url) if parts else None
            if parts and plain and len(found := (parts[1] if plain[1] else parts[1] + parts[2]) + url) <= LONGEST:
                known[url] = found
            else:
                known[url] = absolute(base, url)
        return known[url]

    return resolve
