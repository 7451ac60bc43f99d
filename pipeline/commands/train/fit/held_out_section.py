"""Recall and loss on held-out pictures while the model learned, beside those of chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from pipeline.commands.train.fit.chart import BOTTOM, CLASSES, TOP, Chart, Level, drawn
from pipeline.commands.train.fit.curves import Curve, curve_card, numbers_card, thinned
from pipeline.commands.train.fit.recall_table import percent
from pipeline.page.axes import Axis
from pipeline.page.markup import tag
from train.chance import chance_loss, floor_loss
from train.retrieval import RANKS

if TYPE_CHECKING:
    from train.evaluate import Retrieval
    from train.measurements import Measurement
    from train.retrieval import Recalls

COLUMNS = ("Step", "Loss", "Text to image R@1", "Image to text R@1")
NOTE = (
    "The towers as they would be saved at that step, on the same held-out pictures each time. Batch normalisation goes "
    "by moving statistics, those of about the last ten steps."
)
LOSS_SAYS = (
    "In batches of pictures, each with its first caption, and without dropout. Chance is 2 ln {count}: all {count} "
    "candidates of a query are equally similar."
)
STYLE = """
.last-values { display: flex; flex-wrap: wrap; gap: 2px 18px; font-variant-numeric: tabular-nums; }
.last-values svg { width: 22px; height: 8px; margin-right: 6px; }
"""


def held_out_section(facts: Mapping[str, Any], rows: Sequence[Measurement], retrieval: Retrieval) -> Element:
    """Two recalls, the loss and a table; a line where only the end was measured."""
    title = tag("h2", "On held-out pictures")
    if len(rows) < 2:
        return tag("section", title, *(tag("p", line, class_="note") for line in _end_alone(rows)), id="held-out")
    cards = [
        _recall_card("Text to image", [row.text_to_image for row in rows], rows, facts, retrieval.text_to_image),
        _recall_card("Image to text", [row.image_to_text for row in rows], rows, facts, retrieval.image_to_text),
        curve_card(_loss(facts, rows[-1]), rows),
        numbers_card(COLUMNS, [_numbers(row) for row in rows]),
    ]
    return tag("section", title, tag("p", NOTE, class_="note"), tag("div", *cards, class_="curves"), id="held-out")


def _end_alone(rows: Sequence[Measurement]) -> Iterator[str]:
    for row in rows:
        yield f"The loss at the end is {row.loss:.3g}, where chance is {chance_loss(row.candidates):.3g}."
    yield "Recall and loss were measured at the end alone: train.evaluation.every is how often on the way."


def _recall_card(
    name: str,
    found: Sequence[Sequence[float]],
    rows: Sequence[Measurement],
    facts: Mapping[str, Any],
    end: Recalls,
) -> Element:
    lines = {
        f"R@{rank}": thinned([(row.step, recalls[place]) for row, recalls in zip(rows, found, strict=True)])
        for place, rank in enumerate(RANKS)
    }
    most = max(value for points in lines.values() for _, value in points)
    up = Axis(0, min(1.0, max(most * 1.1, *end.chance)) or 1, BOTTOM, TOP)
    chart = Chart(name, max(facts["steps"], rows[-1].step), up, [*map(Level, end.chance)], percent, _percents)
    says = f"Dashed: chance, {', '.join(map(percent, end.chance))}."
    return tag("article", tag("h3", name), _key(lines), drawn(chart, lines), tag("p", says))


def _key(lines: Mapping[str, Sequence[tuple[float, float]]]) -> Element:
    """The name and the last value of each line, beside a piece of it."""
    return tag(
        "p",
        *(
            tag("span", _piece(class_), f"{name} {percent(points[-1][1])}")
            for (name, points), class_ in zip(lines.items(), CLASSES, strict=True)
        ),
        class_="last-values",
    )


def _piece(class_: str) -> Element:
    line = tag("line", class_=class_, x1=0, x2=22, y1=4, y2=4)
    return tag("svg", line, viewBox="0 0 22 8", aria_hidden="true")


def _percents(value: float) -> str:
    return f"{100 * value:g}%"


def _loss(facts: Mapping[str, Any], row: Measurement) -> Curve:
    smoothing = facts["train"]["loss"]["smoothing"]
    chance, floor = chance_loss(row.candidates), floor_loss(row.candidates, smoothing)
    levels = [Level(chance, f"chance {chance:.2f}")]
    if smoothing:
        levels.append(Level(floor, f"floor {floor:.2f}", above=floor < chance / 10))
    return Curve("Held-out loss", "loss", LOSS_SAYS.format(count=f"{row.candidates:,}"), facts["steps"], levels)


def _numbers(row: Measurement) -> tuple[str, ...]:
    return f"{row.step:,}", f"{row.loss:#.4g}", percent(row.text_to_image[0]), percent(row.image_to_text[0])
