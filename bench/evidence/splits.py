"""The pictures that no model is trained on: drawings by the hash of their names, and a whole style of emoji."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.evidence.drawings import STYLE as DRAWINGS
from bench.evidence.emoji import HELD_OUT_STYLE
from bench.evidence.pictures import Picture

HELD_OUT = 0.2  # share of the drawings


@dataclass(frozen=True)
class Query:
    """A held-out picture and its text, which no other of them has."""

    picture: Picture
    text: str


@dataclass(frozen=True)
class Split:
    """Pictures to train on; held-out drawings with texts; emoji of the held-out style."""

    train: Sequence[Picture]
    drawings: Sequence[Query]
    style: Sequence[Picture]


def split(pictures: Iterable[Picture]) -> Split:
    """Divides the pictures. Held-out drawings without a text of their own are in none of the three parts."""
    every = list(pictures)
    emoji = [each for each in every if each.style == HELD_OUT_STYLE]
    held_out = [each for each in every if each.style == DRAWINGS and fraction(each.name) < HELD_OUT]
    out = {id(each) for each in (*emoji, *held_out)}
    texts = {id(each): said(each) for each in every if each.style == DRAWINGS}
    shared = Counter(text.lower() for text in texts.values())
    own = [
        Query(each, texts[id(each)]) for each in held_out if texts[id(each)] and shared[texts[id(each)].lower()] == 1
    ]
    return Split([each for each in every if id(each) not in out], own, emoji)


def said(drawing: Picture) -> str:
    """The text that a drawing is looked for by: its title and its keywords."""
    return ", ".join(text.text for text in drawing.texts if text.kind in ("title", "keywords"))


def fraction(name: str, salt: str = "") -> float:
    """A number in [0, 1) that is a function of `name`: the first 48 bits of a hash."""
    return int.from_bytes(hashlib.sha256(f"{salt}\0{name}".encode()).digest()[:6], "big") / 2**48
