"""A raw pair as an input file holds it, and a pair whose verdict is known in advance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One (image, alt-text) pair. `image` is None where there is none; `name` is the image's file name."""

    key: str
    text: str | None
    image: bytes | None = None
    name: str = ""
    url: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Case:
    """A pair, what is special about it, and the reasons for which it is dropped; none if it is kept."""

    row: Row
    about: str
    reasons: tuple[str, ...] = ()
