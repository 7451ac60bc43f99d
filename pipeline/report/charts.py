"""Inline SVG: the bar of a funnel step, and a histogram with its cuts drawn in."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from filters.wording import counted
from pipeline.page.axes import Axis, coordinate, short_number
from pipeline.page.markup import tag
from pipeline.report.histograms import Histogram

WIDTH, HEIGHT = 322, 190  # leaves room for a number below the end of an axis
LEFT, RIGHT, TOP, BOTTOM = 34, 308, 32, 154


def funnel_bar(before: int, left: int, raw: int, label: str) -> Element:
    """Bar of the pairs that remain and, after them, those that this step drops, on the scale of all raw pairs."""
    scale = 1000 / max(raw, 1)
    return tag(
        "svg",
        tag("rect", class_="track", width=1000, height=10),
        tag("rect", class_="keeps", width=coordinate(left * scale), height=10),
        tag("rect", class_="drops", x=coordinate(left * scale), width=coordinate((before - left) * scale), height=10),
        viewBox="0 0 1000 10",
        preserveAspectRatio="none",
        class_="bar",
        role="img",
        aria_label=label,
    )


def histogram_chart(histogram: Histogram, label: str) -> Element:
    """A bar for each bin between the first and the last that holds a pair or touches a cut."""
    first, last = _shown(histogram)
    starts, ends = _extents(histogram, first, last)
    across = Axis(starts[0], ends[-1], LEFT, RIGHT, log=histogram.bins.log_values)
    pairs = histogram.pairs[first : last + 1]
    log = histogram.bins.log_pairs
    up = Axis(0.5 if log else 0, max(int(pairs.max()), 2), BOTTOM, TOP + 8, log=log)
    drawn = [
        *_grid(up, "pairs"),
        *_bars(histogram, first, starts, ends, across, up),
        tag("line", class_="axis", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM),
        *_ticks(histogram, across),
        *_cuts(histogram, across),
    ]
    return tag("svg", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="histogram", role="img", aria_label=label)


def bin_name(histogram: Histogram, index: int) -> str:
    """A bin's range in words; the first bin holds all values before its end, the last all from its beginning on."""
    edges, whole = histogram.bins.edges, histogram.bins.whole
    start = float(edges[index])
    if index == len(edges) - 1:
        return f"{start:,.4g} and more" if whole else f"over {start:,.4g}"
    end = float(edges[index + 1])
    if not index and not (whole and end - start == 1):  # 0 alone needs no other name: counts begin there
        return f"under {end:,.4g}" if whole else f"up to {end:,.4g}"
    if not whole:
        return f"over {start:,.4g} to {end:,.4g}"
    if not (start.is_integer() and end.is_integer()):
        return f"{start:,.4g} to under {end:,.4g}"
    return f"{start:,.0f}" if end - start == 1 else f"{start:,.0f} to {end - 1:,.0f}"


def _shown(histogram: Histogram) -> tuple[int, int]:
    """The first and the last bin to draw."""
    wanted: list[int] = np.flatnonzero(histogram.pairs).tolist()
    for position, _ in histogram.bins.cuts:
        after = int(np.searchsorted(histogram.bins.edges, position))
        wanted += [after - 1, after]
    last = len(histogram.pairs) - 1
    return max(0, min(wanted)), min(last, max(wanted))


def _extents(histogram: Histogram, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the bins on the axis; the bin without an end is as wide as the one before it."""
    edges = histogram.bins.edges
    beyond = edges[-1] ** 2 / edges[-2] if histogram.bins.log_values else 2 * edges[-1] - edges[-2]
    bounds = np.append(edges, beyond)
    return bounds[first : last + 1], bounds[first + 1 : last + 2]


def _bars(
    histogram: Histogram, first: int, starts: np.ndarray, ends: np.ndarray, across: Axis, up: Axis
) -> Iterator[Element]:
    for index, (start, end) in enumerate(zip(starts, ends, strict=True), start=first):
        pairs, drops = int(histogram.pairs[index]), int(histogram.dropped[index])
        if pairs:
            left, right = across.at(start), across.at(end)
            width = max(right - left - 0.8, 0.6)
            name = tag("title", f"{bin_name(histogram, index)}: {counted(pairs, 'pair')}")
            yield tag("g", name, *_stack(pairs, drops, left + 0.4, width, up))


def _stack(pairs: int, drops: int, x: float, width: float, up: Axis) -> Iterator[Element]:
    """The dropped part of a bar on top of the kept part, in proportion; a bar is never too small to see."""
    height = max(BOTTOM - up.at(pairs), 1.2)
    top = height * drops / pairs
    parts = (("keeps", BOTTOM - height + top, height - top), ("drops", BOTTOM - height, top))
    for kind, y, part in parts:
        if part:
            yield tag(
                "rect", class_=kind, x=coordinate(x), y=coordinate(y), width=coordinate(width), height=coordinate(part)
            )


def _named(unit: str, axis: Axis) -> str:
    return f"{unit}, logarithmic scale" if axis.log else unit


def _grid(up: Axis, unit: str) -> Iterator[Element]:
    yield tag("text", _named(unit, up), class_="unit", x=0, y=9)
    for value in filter(float.is_integer, map(float, up.ticks(4))):  # there are no half pairs
        y = coordinate(up.at(value))
        yield tag("line", class_="grid", x1=LEFT, x2=RIGHT, y1=y, y2=y)
        yield tag("text", short_number(value), x=LEFT - 5, y=coordinate(up.at(value) + 3.5), text_anchor="end")


def _ticks(histogram: Histogram, across: Axis) -> Iterator[Element]:
    edges = histogram.bins.edges
    middle = 0.5 if histogram.bins.whole and edges[1] - edges[0] == 1 and not across.log else 0.0
    for value in across.ticks(6):
        x = coordinate(across.at(value + middle))
        yield tag("line", class_="axis", x1=x, x2=x, y1=BOTTOM, y2=BOTTOM + 4)
        yield tag("text", short_number(value), x=x, y=BOTTOM + 16, text_anchor="middle")
    unit = _named(histogram.bins.unit, across)
    yield tag("text", unit, class_="unit", x=(LEFT + RIGHT) / 2, y=BOTTOM + 32, text_anchor="middle")


def _cuts(histogram: Histogram, across: Axis) -> Iterator[Element]:
    """A line at each number of the rule, with a label on its kept side."""
    if not histogram.rule.enabled:
        return
    for position, label in histogram.bins.cuts:
        x = across.at(position)
        after = label.startswith("≥")
        yield tag("line", class_="cut", x1=coordinate(x), x2=coordinate(x), y1=TOP - 10, y2=BOTTOM)
        anchor = {"x": coordinate(x + (4 if after else -4)), "text_anchor": "start" if after else "end"}
        yield tag("text", label, class_="cut-label", y=TOP - 3, **anchor)
