"""The endings of pages, and the packages, an extra, without which they can't be read."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from pipeline.inputs.errors import InputError

HTML = (".html", ".html.gz")
WATS = (".wat", ".wat.gz")
PAGES = (".warc", ".warc.gz", *WATS, *HTML)

LAZY_UNKNOWN = "WAT files have only the src of an image: what a script loads later, srcset and picture are unknown"
"""Printed once by a run with WAT files among its inputs."""

_PACKAGES = ("fastwarc", "selectolax", "ada_url")


def check_extra(paths: Iterable[str]) -> None:
    """Raises InputError if one of the paths is a file of pages and the extra isn't installed."""
    path = next((path for path in paths if path.lower().endswith(PAGES)), None)
    if path is not None and (missing := [name for name in _PACKAGES if find_spec(name) is None]):
        names = ", ".join(missing)
        raise InputError(f"input: {path}: pages need the package {names}: pip install 'align-corpus[crawl]'")
