"""Files in a folder with an ending of an input that are no inputs: libraries' caches, other JSON, pages beside data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from pipeline.files import is_local
from pipeline.inputs.errors import BadFile
from pipeline.inputs.json_files.caption_sets import find_form
from pipeline.inputs.pages.extra import HTML
from pipeline.remote import request_pool

_CACHE = re.compile(r"(.*/)?cache-[0-9a-f]{16}(_\w+)?\.arrow", re.DOTALL)


def find_passed_over(paths: Sequence[str]) -> set[str]:
    """Finds the files of a folder that are no inputs.

    These are copies that `datasets` caches (`cache-….arrow`), .json files without captions, and .html files beside
    inputs of other kinds, which describe or list these.
    """
    json = [path for path in paths if path.lower().endswith(".json")]
    others = {path for path, is_other in zip(json, _map(_is_other_json, json), strict=True) if is_other}
    others |= {path for path in paths if _CACHE.fullmatch(path)}
    pages = {path for path in paths if path.lower().endswith(HTML)}
    return others | pages if set(paths) - others - pages else others


def _map(test: Callable[[str], bool], paths: Sequence[str]) -> Iterable[bool]:
    """Tests every path; remote files in parallel."""
    if all(map(is_local, paths)):
        return map(test, paths)
    with request_pool() as threads:
        return list(threads.map(test, paths))


def _is_other_json(path: str) -> bool:
    try:
        return find_form(path) is None
    except BadFile:
        return False  # the first pass reports it
