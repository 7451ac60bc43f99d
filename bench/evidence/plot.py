"""Plots of tables as SVG files that stand alone: a row a line, a dot for the mean, a bar from the least to the most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean
from xml.etree.ElementTree import Element, tostring

from bench.evidence.tables import Line, Table
from pipeline.page.axes import Axis, coordinate
from pipeline.page.markup import tag

WIDTH, LEFT, RIGHT, TOP, STEP = 720, 250, 700, 40, 26
STYLE = """
svg { background: #fff; font: 13px system-ui, sans-serif; fill: #1d2327; }
.grid { stroke: #d9dde1; } .chance { stroke: #6b747c; stroke-dasharray: 3 2.5; }
.s0 { stroke: #0b6e99; fill: #0b6e99; } .s1 { stroke: #c2571a; fill: #c2571a; } line { stroke-width: 1.5; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
"""


def plot(name: str, table: Table, columns: Sequence[str]) -> bytes:
    """The plot of at most two columns of a table, from 0 to the largest value. The same table gives the same bytes."""
    shown = [value for line in table.lines for column in columns for value in line.values.get(column, ())]
    levels = [table.chance[column] for column in columns if column in table.chance]
    bottom = TOP + STEP * len(table.lines)
    across = Axis(0, max([*shown, *levels, 0.01]) * 1.05, LEFT, RIGHT)
    root = tag(
        "svg",
        tag("title", name),
        tag("desc", "; ".join(_words(line, columns) for line in table.lines)),
        tag("style", STYLE),
        *_key(columns),
        *_grid(across, bottom),
        *(
            stroke(f"chance s{number}", across.at(level), across.at(level), TOP, bottom)
            for number, level in enumerate(levels)
        ),
        *(part for number, line in enumerate(table.lines) for part in _row(line, number, columns, across)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {bottom + 30}",
        role="img",
    )
    return f"{tostring(root, encoding='unicode')}\n".encode()


def _words(line: Line, columns: Sequence[str]) -> str:
    values = (f"{column} {_shown(line.values.get(column, ()))}" for column in columns)
    return f"{line.label}: {', '.join(values)}"


def _shown(values: Sequence[float]) -> str:
    return f"{mean(values):.1%}" if values else "not measured"


def _key(columns: Sequence[str]) -> Iterator[Element]:
    for number, column in enumerate(columns):
        x = LEFT + 220 * number
        yield tag("circle", class_=f"s{number}", cx=str(x), cy="16", r="4")
        yield tag("text", column, x=str(x + 10), y="20")
    yield tag("text", "dashed: chance", class_="end", x=str(LEFT - 24), y="20")


def _grid(across: Axis, bottom: float) -> Iterator[Element]:
    for value in across.ticks(6):
        x = across.at(value)
        yield stroke("grid", x, x, TOP, bottom)
        yield tag("text", f"{100 * value:g} %", class_="middle", x=coordinate(x), y=coordinate(bottom + 20))


def _row(line: Line, number: int, columns: Sequence[str], across: Axis) -> Iterator[Element]:
    middle = TOP + STEP * (number + 0.5)
    yield tag("text", line.label.replace("`", ""), class_="end", x=str(LEFT - 10), y=coordinate(middle + 4))
    for place, column in enumerate(columns):
        if values := line.values.get(column, ()):
            y = middle + 4 * (2 * place - len(columns) + 1)
            yield stroke(f"s{place}", across.at(min(values)), across.at(max(values)), y, y)
            dot = tag("title", _words(line, [column]))
            yield tag(
                "circle", dot, class_=f"s{place}", cx=coordinate(across.at(mean(values))), cy=coordinate(y), r="3.5"
            )


def stroke(class_: str, x1: float, x2: float, y1: float, y2: float) -> Element:
    """A line of a class of the style, between two points."""
    ends = {"x1": x1, "x2": x2, "y1": y1, "y2": y2}
    return tag("line", class_=class_, **{name: coordinate(value) for name, value in ends.items()})
