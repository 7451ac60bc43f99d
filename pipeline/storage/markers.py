"""Markers: small files that say that others are whole. One whose files are gone is forgotten, so that they come again.

What there is, is known from one listing a folder, as each request to an object store takes its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.files import Output


def forget_lost(output: Output, needed: Mapping[str, Iterable[str]]) -> None:
    """Removes the markers that are there and whose files are not. Names are below the root; `needed` is by marker."""
    there = Listing(output)
    for marker, names in needed.items():
        if marker in there and not all(name in there for name in names):
            output.remove(output.path(marker))


class Listing:
    """The finished names of an output, each folder listed when it is first asked for."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self._folders: dict[str, frozenset[str]] = {}

    def __contains__(self, name: str) -> bool:
        folder = name.rpartition("/")[0]
        if folder not in self._folders:
            self._folders[folder] = frozenset(self.output.names(folder))
        return name in self._folders[folder]
