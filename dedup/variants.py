"""The variants of an image that stand for it in an index, and the parts of an image that are looked up; all named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

DEFAULT = "default"
ORIENTATIONS = (
    "as is",
    "mirrored",
    "flipped",
    "rotated 180",
    "transposed",
    "rotated 90",
    "rotated 270",
    "transposed and rotated 180",
)


@dataclass(frozen=True)
class Variant:
    """One way in which a copy may differ from an evaluation image."""

    name: str
    orientation: int = 0  # place in ORIENTATIONS


_TURNED = tuple(Variant(name, place) for place, name in enumerate(ORIENTATIONS))
MODES: dict[str, tuple[Variant, ...]] = {DEFAULT: _TURNED, "dense": _TURNED}


def check_mode(mode: str) -> None:
    """Raises ValueError for an unknown mode."""
    if mode not in MODES:
        raise ValueError(f"mode: {mode!r}; the modes are {', '.join(MODES)}")


@cache
def names(mode: str) -> tuple[str, ...]:
    """The names of a mode's variants."""
    return tuple(variant.name for variant in MODES[mode])
