"""Completion markers: small files that declare others complete. A marker whose files are lost is removed, so that they
are written again.

Existing files are known from one listing per folder, as each request to an object store takes time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.files import Output, read_many


def forget_lost(output: Output, needed: Mapping[str, Iterable[str]]) -> None:
    """Removes existing markers whose files are missing. Names are below the root; `needed` is by marker."""
    there = Listing(output)
    for marker, names in needed.items():
        if marker in there and not all(name in there for name in names):
            output.remove(output.path(marker))


class Listing:
    """The finished names of an output; each folder is listed on first use."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self._folders: dict[str, frozenset[str]] = {}

    def __contains__(self, name: str) -> bool:
        folder = name.rpartition("/")[0]
        if folder not in self._folders:
            self._folders[folder] = frozenset(self.output.names(folder))
        return name in self._folders[folder]


def read_json_files(paths: Sequence[str]) -> list[Any]:
    """Reads many completion markers, which are JSON, in order. Raises OSError, also for a damaged one."""
    way_on = "remove it, and the same command writes it again"
    return [parsed(path, content, OSError, way_on) for path, content in zip(paths, read_many(paths), strict=True)]


def parsed(path: str, content: bytes, kind: type[Exception], way_on: str) -> Any:
    """The content of a marker; raises an error of this kind for a damaged one, with the way on."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise kind(f"{path} is damaged ({error}); {way_on}") from error
