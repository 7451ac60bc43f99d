"""Line charts of what a run logged, and the numbers in them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import numpy as np

from pipeline.page.axes import Axis, coordinate, short_number
from pipeline.page.frame import axis_below, grid
from pipeline.page.markup import tag

if TYPE_CHECKING:
    from train.log import Row

WIDTH, HEIGHT = 480, 252
LEFT, RIGHT, TOP, BOTTOM = 46, 462, 12, 208
MOST_POINTS = 600  # per line: finer than the pixels of a chart
NUMBERS = 11  # rows of the table
COLUMNS = ("Step", "Loss", "Temperature", "Learning rate")
STYLE = """
.curves { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; margin-top: 26px; }
.curves h3 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; }
.curves .says, .numbers { font-variant-numeric: tabular-nums; }
.curve { overflow: visible; }
.curve .line { fill: none; stroke: var(--keeps); stroke-width: 1.75; stroke-linejoin: round; }
.curve circle { fill: var(--keeps); }
.curve .level { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 2.5; }
.curve .level-label { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 4; }
.numbers { font-size: 0.875rem; margin-top: 10px; }
.numbers tbody tr { border-top: 1px solid var(--line); }
.numbers thead { color: var(--soft); }
.numbers th, .numbers td { padding: 4px 0; text-align: right; }
.numbers th:first-child { text-align: left; }
.numbers th + th, .numbers td { padding-left: 10px; }
@media screen and (max-width: 760px) {
  .curves { grid-template-columns: minmax(0, 1fr); }
  .curve text { font-size: 15px; }
  .numbers { font-size: 0.8125rem; }
}
@media print { .curves { gap: 9pt; } .curve text { font-size: 13px; } }
"""


@dataclass(frozen=True)
class Level:
    """A value that a curve is held against: a dashed line, with its label above or below."""

    value: float
    label: str
    above: bool = True


@dataclass(frozen=True)
class Curve:
    """A column of the log over the `steps` of the run, on a scale from 0 or a logarithmic one."""

    name: str
    column: str  # a field of Row
    says: str
    steps: int
    levels: Sequence[Level] = ()
    log: bool = False

    def points(self, rows: Sequence[Row]) -> list[tuple[float, float]]:
        """Step and value of each row that has a place on the scale, few enough to draw."""
        points = [(row.step, getattr(row, self.column)) for row in rows]
        return thinned([point for point in points if math.isfinite(point[1]) and (point[1] > 0 or not self.log)])


def curve_card(curve: Curve, rows: Sequence[Row]) -> Element:
    """The chart under its name and last value, and over what it says."""
    points = curve.points(rows)
    if not points:
        empty = tag("p", "No numbers were logged: there is no curve to draw.", class_="empty")
        return tag("article", tag("h3", curve.name), empty)
    last = tag("span", f"{points[-1][1]:.3g} at step {points[-1][0]:,}", class_="says")
    return tag("article", tag("h3", tag("span", curve.name), last), _chart(curve, points), tag("p", curve.says))


def thinned(points: list[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most `most` points: the first, the means of equal runs of those between, and the last."""
    if len(points) <= most:
        return points
    runs = np.array_split(np.array(points[1:-1]), most - 2)
    means = [(float(step), float(value)) for step, value in (run.mean(axis=0) for run in runs)]
    return [points[0], *means, points[-1]]


def numbers_card(rows: Sequence[Row]) -> Element:
    """The first row, the last, and some between, evenly spaced."""
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(NUMBERS, len(rows))).round().astype(int))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in COLUMNS)))
    body = tag("tbody", *(_numbers(rows[place]) for place in chosen))
    return tag("article", tag("h3", "Numbers"), tag("table", head, body, class_="numbers"))


def _numbers(row: Row) -> Element:
    values = (f"{row.loss:#.4g}", f"{row.temperature:#.4g}", f"{row.learning_rate:.3g}")
    return tag("tr", tag("th", f"{row.step:,}", scope="row"), *(tag("td", value) for value in values))


def _chart(curve: Curve, points: list[tuple[float, float]]) -> Element:
    across = Axis(0, max(curve.steps, points[-1][0]), LEFT, RIGHT)
    up = _up(curve, [value for _, value in points])
    (first, start), (last, end) = points[0], points[-1]
    return tag(
        "svg",
        tag("title", f"{curve.name} by step", id=f"{curve.column}-title"),
        tag("desc", f"From {start:.3g} at step {first:,} to {end:.3g} at step {last:,}.", id=f"{curve.column}-says"),
        *grid(across, up, 7, short_number),
        *axis_below(across, up, 5, "steps"),
        *_level_lines(curve, up),
        _line(points, across, up),
        *_level_labels(curve, up),
        _end(points[-1], across, up),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="histogram curve",
        role="img",
        aria_labelledby=f"{curve.column}-title {curve.column}-says",
    )


def _up(curve: Curve, values: list[float]) -> Axis:
    """The axis of values: all of them, the levels, and room for the labels of those."""
    shown = [*values, *(level.value for level in curve.levels)]
    if curve.log:
        return Axis(min(shown) / 2, max(shown) * 2, BOTTOM, TOP, log=True)
    return Axis(0, max(shown) * 1.1 or 1, BOTTOM, TOP)


def _line(points: list[tuple[float, float]], across: Axis, up: Axis) -> Element:
    places = (f"{coordinate(across.at(step))},{coordinate(up.at(value))}" for step, value in points)
    return tag("polyline", class_="line", points=" ".join(places))


def _end(point: tuple[float, float], across: Axis, up: Axis) -> Element:
    """A dot at the last point, which is all there is to see of a single one."""
    step, value = point
    title = tag("title", f"{value:.3g} at step {step:,}")
    return tag("circle", title, cx=coordinate(across.at(step)), cy=coordinate(up.at(value)), r=3)


def _level_lines(curve: Curve, up: Axis) -> Iterator[Element]:
    for level in curve.levels:
        y = coordinate(up.at(level.value))
        yield tag("line", class_="level", x1=LEFT, x2=RIGHT, y1=y, y2=y)


def _level_labels(curve: Curve, up: Axis) -> Iterator[Element]:
    for level in curve.levels:
        y = up.at(level.value)
        place = {"y": coordinate(y - 5)} if level.above else {"y": coordinate(y + 5), "dominant_baseline": "hanging"}
        yield tag("text", level.label, class_="level-label", x=RIGHT - 6, text_anchor="end", **place)
