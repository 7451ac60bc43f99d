"""A plot of a measure over the share of noise, an SVG file that stands alone: lines through the means of the seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean
from xml.etree.ElementTree import Element, tostring

from bench.evidence.plot import STYLE, stroke
from pipeline.page.axes import Axis, coordinate
from pipeline.page.markup import tag

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 320, 60, 560, 44, 270
Series = Mapping[float, Sequence[float]]  # the values of the seeds, by the share of noise


def trend(title: str, series: Mapping[str, Series], chance: float) -> bytes:
    """The plot of at most two series by their names, from 0 to the largest value. Equal series give equal bytes.

    A share of noise without a value has no point.
    """
    most = max((value for each in series.values() for values in each.values() for value in values), default=chance)
    across = Axis(0, max(share for each in series.values() for share in each), LEFT, RIGHT)
    up = Axis(0, max(most, 0.01) * 1.05, BOTTOM, TOP)
    root = tag(
        "svg",
        tag("title", title),
        tag("desc", "; ".join(_words(name, each) for name, each in series.items())),
        tag("style", STYLE + ".means { fill: none; stroke-width: 2; }"),
        tag("text", title, x=str(LEFT), y="22"),
        *_grid(across, up),
        stroke("chance", LEFT, RIGHT, up.at(chance), up.at(chance)),
        _name("chance", LEFT, up.at(chance) - 10),  # away from the names at the right
        *(
            part
            for number, (name, each) in enumerate(series.items())
            for part in _drawn(number, name, each, across, up)
        ),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
    )
    return f"{tostring(root, encoding='unicode')}\n".encode()


def _words(name: str, series: Series) -> str:
    values = (f"{mean(values):.1%} at {share:.0%}" for share, values in series.items() if values)
    return f"{name}: {', '.join(values) or 'not measured'}"


def _grid(across: Axis, up: Axis) -> Iterator[Element]:
    for value in up.ticks(5):
        yield stroke("grid", LEFT, RIGHT, up.at(value), up.at(value))
        yield tag("text", _percent(value), class_="end", x=str(LEFT - 8), y=coordinate(up.at(value) + 4))
    for value in across.ticks(4):
        yield tag("text", _percent(value), class_="middle", x=coordinate(across.at(value)), y=str(BOTTOM + 20))
    yield tag(
        "text", "share of noise among the raw texts", class_="middle", x=str((LEFT + RIGHT) // 2), y=str(BOTTOM + 42)
    )


def _drawn(number: int, name: str, series: Series, across: Axis, up: Axis) -> Iterator[Element]:
    """The line, a bar from the least to the most seed and a dot for each mean, and the name beside the last."""
    known = {across.at(share): values for share, values in series.items() if values}
    points = [(x, up.at(mean(values))) for x, values in known.items()]
    yield tag(
        "polyline", class_=f"s{number} means", points=" ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)
    )
    for (x, y), values in zip(points, known.values(), strict=True):
        yield stroke(f"s{number}", x, x, up.at(min(values)), up.at(max(values)))
        yield tag("circle", class_=f"s{number}", cx=coordinate(x), cy=coordinate(y), r="3.5")
    if points:
        yield _name(name, *points[-1])


def _name(name: str, x: float, y: float) -> Element:
    return tag("text", name, x=coordinate(x + 10), y=coordinate(y + 4))


def _percent(value: float) -> str:
    return f"{100 * value:g} %"
