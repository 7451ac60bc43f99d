"""Phrases that rules and pages share: a number with its noun, and those about a pair, from the row of its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


def size(row: Row) -> str:
    """Width and height, or that they are not known."""
    known = row["width"] is not None and row["height"] is not None
    return f"{row['width']:,} × {row['height']:,} px" if known else "size not known"


def words(row: Row) -> str:
    """The number of words, with its noun."""
    return counted(row["words"], "word")


def counted(number: int, noun: str) -> str:
    """A number with its noun, whose plural ends in s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
