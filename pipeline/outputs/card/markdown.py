"""Markdown in which no text from the data is markup: not in a table, not as HTML, not as a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.page.markup import shortened, visible

LONGEST = 120  # characters of a text from the data
_MARKUP = re.compile(r"[\\`*\[\]<>|&#~$!@{}]|(?<!\w)_|_(?!\w)")
_NOT_IN_CODE = re.compile(r"[\\`|]")  # readers of Markdown differ in what these are inside a code span of a table


def code(text: str) -> str:
    """A text from the data, as code."""
    line = _line(text)
    return f"<code>{plain(line)}</code>" if _NOT_IN_CODE.search(line) or not line.strip() else f"`{line}`"


def plain(text: str) -> str:
    """A text as prose: characters that could be markup are written as numbers."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", _line(text))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table: the first column is left-aligned, and so is the second if its head ends with a colon."""
    marks = ["---" if number == 0 or name.endswith(":") else "--:" for number, name in enumerate(header)]
    heads = [name.removesuffix(":") for name in header]
    return [_row(heads), _row(marks), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line(text: str) -> str:
    return shortened(visible(" ".join(text.split())), LONGEST)
