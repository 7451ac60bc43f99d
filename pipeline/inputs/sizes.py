"""Columns of width and height that give the sizes of images: the original's take precedence over a copy's."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.inputs.settings import ALIASES, Aliases, Columns

SIZES = ("width", "height")
_ORIGINAL = frozenset(f"{name}_{side}" for name in ("original", "orig") for side in SIZES)


def aliases(known: Aliases, original_size: bool) -> Aliases:
    """The aliases `known`, with those of an original's size last unless `original_size`."""
    return known if original_size else {**known, **{role: tuple(_copies_first(ALIASES[role])) for role in SIZES}}


def without_copies(
    schema: pa.Schema, roles: Mapping[str, int], columns: Columns, original_size: bool
) -> dict[str, int]:
    """The roles of a table with images: keeps only sizes that settings name, or both of the original.

    Any other size is the image's, which its header gives.
    """
    chosen = any(getattr(columns, role) is not None for role in SIZES)
    sizes = [schema.names[roles[role]].casefold() for role in SIZES if role in roles]
    if chosen or (original_size and len(sizes) == 2 and set(sizes) <= _ORIGINAL):
        return dict(roles)
    return {role: number for role, number in roles.items() if role not in SIZES}


def _copies_first(names: tuple[str, ...]) -> list[str]:
    return sorted(names, key=lambda name: name in _ORIGINAL)
