"""The first row of delimited text: names of columns, or a row like the others."""

from __future__ import annotations

import re
from collections.abc import Sequence

_URL = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)
_IMAGE = re.compile(r"\s*[^\s:?]+\.(?:jpe?g|png|gif|webp|bmp|tiff?|avif)\s*", re.IGNORECASE)
_LONG_NAME = 200  # characters


def column_names(values: Sequence[str]) -> list[str]:
    """Names without the spaces, quotes and mark (BOM) that stand around them."""
    return [value.strip(" \t\ufeff").strip('"').strip() for value in values]


def headerless(values: Sequence[str], delimiter: str | None = None) -> str | None:
    """The options that read a table whose first row holds a URL or the name of an image; None if it holds neither.

    The text is the value with the most words of the others; `delimiter` is among the options where it is given.
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
    """A reason in one line of some length, though the first row may hold a long text, and what to type."""
    longest = max(map(len, values))
    if longest > _LONG_NAME:
        reason = f"the first row holds no names of columns: a value has {longest:,} characters"
    return f"{reason}; to read it, type {options}" if options else reason
