"""Files that other programs leave beside data: their names, or their folders' names, begin with `.` or `_`."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

MARKS = (".", "_")


def is_hidden(name: str, pattern: str = "") -> bool:
    """Returns whether a part of `name`, a path below a folder, begins with a mark, unless `pattern` names that part.

    `_temporary/0/a.csv` is hidden from `*/0/a.csv` and `**/*.csv`, but not from `_*/0/a.csv`.
    """
    marked = [part for part in name.split("/") if part.startswith(MARKS)]
    return bool(marked) and not all(_is_named(part, pattern) for part in marked)


def visible(names: Iterable[str]) -> list[str]:
    """Keeps names of files or folders that don't begin with a mark."""
    return [name for name in names if not name.startswith(MARKS)]


def _is_named(part: str, pattern: str) -> bool:
    return any(own == part or (own.startswith(MARKS) and fnmatchcase(part, own)) for own in pattern.split("/"))
