"""Content of a picture: one, two or several things in front of a textured ground. No pixels and no words yet."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SHAPES = ("circle", "square", "triangle", "star", "heart", "arrow", "cross", "moon", "house", "tree", "fish", "flower")
COLOURS = ("red", "yellow", "green", "blue", "purple", "brown", "black", "white")
GROUNDS = ("red", "yellow", "green", "blue", "purple", "brown")
TEXTURES = ("stripes", "waves", "dots", "checks", "clouds")
SIZES = {"big": 0.5, "small": 0.3}  # share of the short side

# Centres of things, as fractions of width and height.
PLACES = {
    "middle": (0.5, 0.5),
    "top": (0.5, 0.27),
    "bottom": (0.5, 0.73),
    "left": (0.27, 0.5),
    "right": (0.73, 0.5),
    "top left": (0.27, 0.27),
    "top right": (0.73, 0.27),
    "bottom left": (0.27, 0.73),
    "bottom right": (0.73, 0.73),
}


@dataclass(frozen=True)
class Thing:
    """A shape in a colour: `x` and `y` of its centre and its side, as fractions of width, height and short side."""

    shape: str
    colour: str
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn.

    `kind` is the arrangement of things: `alone`, `row`, `column` (copies of one thing), `beside` (the first is left of
    the second) or `above` (the first is over the second). `place` and `size` describe a thing that is alone.
    """

    kind: str
    things: tuple[Thing, ...]
    texture: str
    ground: str
    width: int
    height: int
    place: str = ""
    size: str = ""


def random_scene(random: Random) -> Scene:
    """A random scene; its short side is 224 to 288 pixels, its long side under 1.5 times that."""
    kind = random.choices(("alone", "row", "column", "beside", "above"), weights=(40, 15, 10, 20, 15))[0]
    ground = random.choice(GROUNDS)
    place, size = (random.choice(list(PLACES)), random.choice(list(SIZES))) if kind == "alone" else ("", "")
    things = _things(random, kind, place, size, [colour for colour in COLOURS if colour != ground])
    width, height = _frame(random, kind)
    return Scene(kind, things, random.choice(TEXTURES), ground, width, height, place, size)


def _frame(random: Random, kind: str) -> tuple[int, int]:
    """Width and height, wider for a row and higher for a column."""
    short = random.randrange(224, 289)
    long = int(short * random.uniform(1.0, 1.45))
    upright = kind in ("column", "above") or (kind == "alone" and random.random() < 0.5)
    return (short, long) if upright else (long, short)


def _things(random: Random, kind: str, place: str, size: str, colours: list[str]) -> tuple[Thing, ...]:
    shape, colour = random.choice(SHAPES), random.choice(colours)
    if kind == "alone":
        x, y = PLACES[place]
        return (Thing(shape, colour, x, y, SIZES[size]),)
    if kind in ("row", "column"):
        copies = random.randrange(2, 5)
        steps = [(i + 0.5) / copies for i in range(copies)]
        return tuple(_on_axis(shape, colour, step, kind == "row", 0.8 / max(copies, 2.5)) for step in steps)
    other = random.choice([name for name in SHAPES if name != shape])
    first = _on_axis(shape, colour, 0.27, kind == "beside", 0.38)
    return first, _on_axis(other, random.choice(colours), 0.73, kind == "beside", 0.38)


def _on_axis(shape: str, colour: str, step: float, across: bool, size: float) -> Thing:
    """A thing at `step` along the middle line, which runs across or down."""
    return Thing(shape, colour, step, 0.5, size) if across else Thing(shape, colour, 0.5, step, size)
