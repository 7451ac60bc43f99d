"""The frame of a line chart: lines across it at round values, and an axis below with its ticks and unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from pipeline.page.axes import Axis, coordinate, short_number
from pipeline.page.markup import tag


def grid(across: Axis, up: Axis, most: int, label: Callable[[float], str]) -> Iterator[Element]:
    """About `most` lines, each labelled with its value on the left."""
    for value in up.ticks(most):
        y = up.at(value)
        yield tag(
            "line",
            class_="grid",
            x1=coordinate(across.start),
            x2=coordinate(across.end),
            y1=coordinate(y),
            y2=coordinate(y),
        )
        yield tag("text", label(value), x=coordinate(across.start - 6), y=coordinate(y + 3.5), text_anchor="end")


def axis_below(across: Axis, up: Axis, most: int, unit: str) -> Iterator[Element]:
    """The base line of values, about `most` ticks, and their unit."""
    left, right, bottom = coordinate(across.start), coordinate(across.end), up.start
    yield tag("line", class_="axis", x1=left, x2=right, y1=coordinate(bottom), y2=coordinate(bottom))
    for value in across.ticks(most):
        x = coordinate(across.at(value))
        yield tag("line", class_="axis", x1=x, x2=x, y1=coordinate(bottom), y2=coordinate(bottom + 4))
        yield tag("text", short_number(value), x=x, y=coordinate(bottom + 19), text_anchor="middle")
    middle = (across.start + across.end) / 2
    yield tag("text", unit, class_="unit", x=middle, y=coordinate(bottom + 38), text_anchor="middle")
