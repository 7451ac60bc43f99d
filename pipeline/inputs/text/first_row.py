"""The first row of delimited text: names of columns, or a row like the others."""

from __future__ import annotations

import re
from collections.abc import Sequence

_URL = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)
_IMAGE = re.compile(r"\s*[^\s:?]+\.(?:jpe?g|png|gif|webp|bmp|tiff?|avif)\s*", re.IGNORECASE)
_LONG_NAME = 200  # characters


def column_names(values: Sequence[str]) -> list[str]:
    """Names without surrounding spaces, quotes and mark (BOM)."""
    return [value.strip(" \t\ufeff").strip('"').strip() for value in values]


def headerless(values: Sequence[str], delimiter: str | None = None) -> str | None:
    """The options for a table whose first row holds a URL or an image's name; None if it holds neither.

    The text is the value with the most words of the others; `delimiter`, if given, is among the options.
    """
    for role, pattern in (("url", _URL), ("image_path", _IMAGE)):
        number = next((number for number, value in enumerate(values) if pattern.fullmatch(value)), None)
        if number is not None and len(values) > 1:
            others = [other for other in range(len(values)) if other != number]
            text = max(others, key=lambda other: len(values[other].split()))
            first = f"--input.delimiter={delimiter} " if delimiter else ""
            return f"{first}--input.header=false --input.columns.text={text} --input.columns.{role}={number}"
    return None


def with_options(reason: str, values: Sequence[str], options: str | None) -> str:
    """A reason on one line of limited length, though the first row may hold a long text, with the options to type."""
    longest = max(map(len, values))
    if longest > _LONG_NAME:
        reason = f"the first row holds no names of columns: a value has {longest:,} characters"
    return f"{reason}; to read it, type {options}" if options else reason
