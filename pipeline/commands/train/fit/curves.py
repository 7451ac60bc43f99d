"""Curves of what a run logged, and tables of the numbers in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import numpy as np

from pipeline.commands.train.fit.chart import BOTTOM, TOP, Chart, Level, drawn
from pipeline.page.axes import Axis, three_digits
from pipeline.page.markup import tag

if TYPE_CHECKING:
    from train.log import Row
    from train.measurements import Measurement
    from train.times import Rate

    Rows = Sequence[Row] | Sequence[Measurement] | Sequence[Rate]

MOST_POINTS = 600  # per line: finer than the pixels of a chart
NUMBERS = 11  # rows of a table
STYLE = """
.curves { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; margin-top: 26px; }
.curves h3 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; }
.curves .says, .numbers { font-variant-numeric: tabular-nums; }
.numbers { font-size: 0.875rem; margin-top: 10px; }
.numbers tbody tr { border-top: 1px solid var(--line); }
.numbers thead { color: var(--soft); }
.numbers th, .numbers td { padding: 4px 0; text-align: right; vertical-align: bottom; }
.numbers th:first-child { text-align: left; }
.numbers th + th, .numbers td { padding-left: 10px; }
@media screen and (max-width: 760px) {
  .curves { grid-template-columns: minmax(0, 1fr); }
  .numbers { font-size: 0.8125rem; }
}
@media print { .curves { gap: 9pt; } }
"""


@dataclass(frozen=True)
class Curve:
    """A column of rows over the `steps` of the run, on a scale from 0 or a logarithmic one."""

    name: str
    column: str  # a field of the rows
    says: str
    steps: int
    levels: Sequence[Level] = ()
    log: bool = False

    def points(self, rows: Rows) -> list[tuple[float, float]]:
        """Step and value of each row that has a place on the scale, few enough to draw."""
        points = [(row.step, getattr(row, self.column)) for row in rows]
        return thinned([point for point in points if math.isfinite(point[1]) and (point[1] > 0 or not self.log)])

    def up(self, values: Sequence[float]) -> Axis:
        """The axis of values: all of them, the levels, and room for the labels of those."""
        shown = [*values, *(level.value for level in self.levels)]
        if self.log:
            return Axis(min(shown) / 2, max(shown) * 2, BOTTOM, TOP, log=True)
        return Axis(0, max(shown) * 1.1 or 1, BOTTOM, TOP)


def curve_card(curve: Curve, rows: Rows) -> Element:
    """The chart under its name and last value, and over what it says."""
    points = curve.points(rows)
    if not points:
        empty = tag("p", "No numbers were logged: there is no curve to draw.", class_="empty")
        return tag("article", tag("h3", curve.name), empty)
    last = tag("span", f"{three_digits(points[-1][1])} at step {points[-1][0]:,}", class_="says")
    up = curve.up([value for _, value in points])
    chart = Chart(curve.name, max(curve.steps, points[-1][0]), up, curve.levels)
    return tag("article", tag("h3", tag("span", curve.name), last), drawn(chart, {"": points}), tag("p", curve.says))


def thinned(points: list[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most `most` points: the first, the means of equal runs of those between, and the last."""
    if len(points) <= most:
        return points
    runs = np.array_split(np.array(points[1:-1]), most - 2)
    means = [(float(step), float(value)) for step, value in (run.mean(axis=0) for run in runs)]
    return [points[0], *means, points[-1]]


def numbers_card(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Element:
    """The first row, the last, and some between, evenly spaced."""
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(NUMBERS, len(rows))).round().astype(int))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in columns)))
    body = tag("tbody", *(_numbers(*rows[place]) for place in chosen))
    return tag("article", tag("h3", "Numbers"), tag("table", head, body, class_="numbers"))


def _numbers(step: str, *values: str) -> Element:
    return tag("tr", tag("th", step, scope="row"), *(tag("td", value) for value in values))
