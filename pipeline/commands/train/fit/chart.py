"""A line chart over steps: lines, the levels that they are held against, and words for who can't see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pipeline.page.axes import Axis, coordinate, short_number, three_digits
from pipeline.page.frame import axis_below, grid
from pipeline.page.markup import tag

WIDTH, HEIGHT = 480, 252
LEFT, RIGHT, TOP, BOTTOM = 46, 462, 12, 208
CLASSES = ("line", "line second", "line third")
STYLE = """
.curve { overflow: visible; }
.line { fill: none; stroke: var(--keeps); stroke-width: 1.75; stroke-linejoin: round; }
.line.second { stroke: var(--drops); }
.line.third { stroke: var(--ink); }
circle.line { stroke-width: 0; fill: var(--keeps); }
circle.line.second { fill: var(--drops); }
circle.line.third { fill: var(--ink); }
.curve .level { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 2.5; }
.curve .level-label { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 4; }
@media screen and (max-width: 760px) { .curve text { font-size: 15px; } }
@media print { .curve text { font-size: 13px; } }
"""

Points = Sequence[tuple[float, float]]  # step, value


@dataclass(frozen=True)
class Level:
    """A value that a curve is held against: a dashed line, with its label above or below, if it has one."""

    value: float
    label: str = ""
    above: bool = True


@dataclass(frozen=True)
class Chart:
    """The frame of a chart: its name, which no other on the page has, its axis of values, and the levels on it."""

    name: str
    steps: float
    up: Axis
    levels: Sequence[Level] = ()
    value: Callable[[float], str] = three_digits
    tick: Callable[[float], str] = short_number

    @property
    def across(self) -> Axis:
        """The axis of steps."""
        return Axis(0, self.steps, LEFT, RIGHT)


def drawn(chart: Chart, lines: Mapping[str, Points]) -> Element:
    """The picture of at most three lines, each with a point at least; a line alone needs no name."""
    drawn_as = list(zip(lines.values(), CLASSES, strict=False))
    ident = chart.name.lower().replace(" ", "-")
    words = "; ".join(_words(chart, name, points) for name, points in lines.items())
    return tag(
        "svg",
        tag("title", f"{chart.name} by step", id=f"{ident}-title"),
        tag("desc", f"{words[0].upper()}{words[1:]}.", id=f"{ident}-says"),
        *grid(chart.across, chart.up, 7, chart.tick),
        *axis_below(chart.across, chart.up, 5, "steps"),
        *_level_lines(chart),
        *(_line(chart, points, class_) for points, class_ in drawn_as),
        *_level_labels(chart),
        *(_end(chart, points[-1], class_) for points, class_ in drawn_as),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="histogram curve",
        role="img",
        aria_labelledby=f"{ident}-title {ident}-says",
    )


def _words(chart: Chart, name: str, points: Points) -> str:
    (first, start), (last, end) = points[0], points[-1]
    says = f"from {chart.value(start)} at step {first:,} to {chart.value(end)} at step {last:,}"
    return f"{name} {says}" if name else says


def _line(chart: Chart, points: Points, class_: str) -> Element:
    places = (f"{coordinate(chart.across.at(step))},{coordinate(chart.up.at(value))}" for step, value in points)
    return tag("polyline", class_=class_, points=" ".join(places))


def _end(chart: Chart, point: tuple[float, float], class_: str) -> Element:
    """A dot at the last point, which is all there is to see of a single one."""
    step, value = point
    title = tag("title", f"{chart.value(value)} at step {step:,}")
    place = {"cx": coordinate(chart.across.at(step)), "cy": coordinate(chart.up.at(value))}
    return tag("circle", title, class_=class_, r=3, **place)


def _level_lines(chart: Chart) -> Iterator[Element]:
    for level in chart.levels:
        y = coordinate(chart.up.at(level.value))
        yield tag("line", class_="level", x1=LEFT, x2=RIGHT, y1=y, y2=y)


def _level_labels(chart: Chart) -> Iterator[Element]:
    for level in (level for level in chart.levels if level.label):
        y = chart.up.at(level.value)
        place = {"y": coordinate(y - 5)} if level.above else {"y": coordinate(y + 5), "dominant_baseline": "hanging"}
        yield tag("text", level.label, class_="level-label", x=RIGHT - 6, text_anchor="end", **place)
