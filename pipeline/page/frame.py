"""The frame of a line chart: lines across it at round values, and an axis below with its ticks and unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from pipeline.page.axes import Axis, short_number
from pipeline.page.markup import tag
from pipeline.report.charts import number


def grid(across: Axis, up: Axis, most: int, label: Callable[[float], str]) -> Iterator[Element]:
    """About `most` lines, each labelled with its value on the left."""
    for value in up.ticks(most):
        y = up.at(value)
        yield tag("line", class_="grid", x1=number(across.start), x2=number(across.end), y1=number(y), y2=number(y))
        yield tag("text", label(value), x=number(across.start - 6), y=number(y + 3.5), text_anchor="end")


def axis_below(across: Axis, up: Axis, most: int, unit: str) -> Iterator[Element]:
    """The base line of values, about `most` ticks, and their unit."""
    left, right, bottom = number(across.start), number(across.end), up.start
    yield tag("line", class_="axis", x1=left, x2=right, y1=number(bottom), y2=number(bottom))
    for value in across.ticks(most):
        x = number(across.at(value))
        yield tag("line", class_="axis", x1=x, x2=x, y1=number(bottom), y2=number(bottom + 4))
        yield tag("text", short_number(value), x=x, y=number(bottom + 19), text_anchor="middle")
    middle = (across.start + across.end) / 2
    yield tag("text", unit, class_="unit", x=middle, y=number(bottom + 38), text_anchor="middle")
