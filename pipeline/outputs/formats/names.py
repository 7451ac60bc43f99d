"""Names that each stand for one column or field."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.inputs.layout import PREFIX


def distinct_names(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The names, each with the prefix `input_` while it is taken, or that of another."""
    found: list[str] = []
    for name in names:
        new = name
        while new in taken or new in found or (new != name and new in names):
            new = PREFIX + new
        found.append(new)
    return found
