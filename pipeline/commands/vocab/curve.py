"""The coverage curve: the share of all words that the first pieces of a vocabulary hold whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from pipeline.commands.vocab.piece_lists import learned_pieces
from pipeline.page.axes import Axis, coordinate
from pipeline.page.frame import axis_below, grid
from pipeline.page.markup import tag
from pipeline.page.parts import fold, table
from pipeline.report.funnel import share
from vocab.quality import Quality
from vocab.wordpiece import SPECIAL

WIDTH, HEIGHT = 480, 248
LEFT, RIGHT, TOP, BOTTOM = 56, 470, 28, 204
STEPS = 100  # on the line
DECADES = 3  # at least, if the vocabulary is that large
NOTE = (
    "The share of all words that are one whole piece among the first pieces of the vocabulary. Pieces stand in the "
    "order in which they were learned, so this is what a smaller vocabulary would hold."
)


def coverage_section(quality: Quality) -> Element:
    """The curve with its numbers in a table, or a sentence where there is nothing to draw."""
    title = tag("h2", "Coverage by size")
    if not quality.total.words or len(quality.tokenizer) == len(SPECIAL):
        nothing = tag("p", "No words were counted, or no pieces learned: there is no curve to draw.", class_="empty")
        return tag("section", title, nothing, id="coverage")
    across = _sizes_axis(len(quality.tokenizer))
    rows = [(f"{size:,}", _share(quality, size)) for size in _round_sizes(across)]
    numbers = fold("Numbers", table(("First pieces", "Whole words"), rows))
    card = tag("article", _chart(quality, across), numbers, class_="wide")
    return tag("section", title, tag("p", NOTE, class_="note"), card, id="coverage")


def _sizes_axis(size: int) -> Axis:
    """From a power of ten that leaves room to see the rise, but not from less than the special pieces."""
    low = max(len(SPECIAL), 10 ** max(math.floor(math.log10(size)) - DECADES, 0))
    return Axis(low, size, LEFT, RIGHT, log=True)


def _round_sizes(across: Axis) -> list[int]:
    """1, 2 and 5 times the powers of ten, and the whole vocabulary."""
    return sorted({*map(int, across.ticks(100)), int(across.high)})


def _share(quality: Quality, size: int) -> str:
    return share(quality.covered(size), quality.total.words)


def _chart(quality: Quality, across: Axis) -> Element:
    size = len(quality.tokenizer)
    low = int(across.low)
    says = f"From {_share(quality, low)} of all words with {low:,} pieces to {_share(quality, size)} with {size:,}."
    up = Axis(0, 1, BOTTOM, TOP)
    return tag(
        "svg",
        tag("title", "Coverage by size of the vocabulary", id="curve-title"),
        tag("desc", says, id="curve-says"),
        *grid(across, up, 5, "{:.0%}".format),
        *_line(quality, across, up),
        *axis_below(across, up, 8, "pieces, logarithmic"),
        *_alphabet(quality, across),
        *_dots(quality, across, up),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="histogram curve",
        role="img",
        aria_labelledby="curve-title curve-says",
    )


def _line(quality: Quality, across: Axis, up: Axis) -> Iterator[Element]:
    """The curve, and the area under it."""
    sizes = np.unique(np.geomspace(across.low, across.high, STEPS).round().astype(int)).tolist()
    places = [f"{coordinate(across.at(size))},{coordinate(up.at(quality.coverage(size)))}" for size in sizes]
    yield tag("polygon", class_="track", points=" ".join([f"{LEFT},{BOTTOM}", *places, f"{RIGHT},{BOTTOM}"]))
    yield tag("polyline", class_="line", points=" ".join(places))


def _alphabet(quality: Quality, across: Axis) -> Iterator[Element]:
    """A line where the single characters end and the learned pieces begin."""
    first = next(iter(learned_pieces(quality.tokenizer.pieces)), 0)
    if across.low < first < across.high:
        x = across.at(first)
        yield tag("line", class_="border", x1=coordinate(x), x2=coordinate(x), y1=TOP - 16, y2=BOTTOM)
        left = x > (LEFT + RIGHT) / 2
        anchor = {"x": coordinate(x - 5 if left else x + 5), "text_anchor": "end" if left else "start"}
        yield tag("text", f"single characters up to {first:,}", y=TOP - 10, **anchor)


def _dots(quality: Quality, across: Axis, up: Axis) -> Iterator[Element]:
    """The round sizes, with their numbers for the pointer, and the last one in writing."""
    for size in _round_sizes(across):
        x, y = coordinate(across.at(size)), coordinate(up.at(quality.coverage(size)))
        yield tag("circle", tag("title", f"{size:,} pieces: {_share(quality, size)}"), cx=x, cy=y, r=2.5)
    size = int(across.high)
    end = up.at(quality.coverage(size))
    yield tag("text", _share(quality, size), class_="end", x=RIGHT, y=coordinate(end - 8), text_anchor="end")
