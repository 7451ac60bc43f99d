"""A raw pair of an input file, and a pair whose verdict is known in advance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """An (image, alt-text) pair. `image` is None if missing; `name` is the image's file name."""

    key: str
    text: str | None
    image: bytes | None = None
    name: str = ""
    url: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Case:
    """A pair, its special property, and the reasons for which it is dropped; none if it is kept."""

    row: Row
    about: str
    reasons: tuple[str, ...] = ()
