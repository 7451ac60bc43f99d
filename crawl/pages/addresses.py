"""URLs by the WHATWG standard, as browsers resolve them: `urljoin` would drop empty parts of a path."""

from __future__ import annotations

from collections.abc import Callable

LONGEST = 2048
"""The most characters of a URL."""

NOWHERE = "about:blank"
"""The base of a page whose URL is unknown: relative URLs can't be resolved."""

_WEB = ("http://", "https://")


def resolver() -> Callable[[str, str], str | None]:
    """The function `absolute`, after the import of the URL parser that it needs."""
    from ada_url import join_url

    def absolute(base: str, url: str) -> str | None:
        """Returns the http or https URL without its fragment that `url` means on a page with this base; else None."""
        try:
            found: str = join_url(base, url)
        except ValueError:
            return None
        found = found.partition("#")[0]  # elsewhere a number sign is percent-encoded
        return found if found.startswith(_WEB) and len(found) <= LONGEST else None

    return absolute
