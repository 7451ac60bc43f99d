"""Phrases about a pair that several rules share, from the row of its verdict."""

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
    return "1 word" if row["words"] == 1 else f"{row['words']:,} words"
