"""The examples: a few pairs that were kept and a few of each reason, with the number that decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from filters import Rule
from pipeline.report.examples import KEPT, Group
from pipeline.report.markup import shortened, tag
from pipeline.report.thumbnails import data_uri, within_budget
from pipeline.report.wording import decided, sentence, size, words

Row = Mapping[str, Any]
LONGEST_KEY = 90


def gallery_section(funnel: Mapping[str, Any], rules: Mapping[str, Rule], groups: Mapping[str, Group]) -> Element:
    """The examples of kept pairs, then of each reason; a rule that is off has none."""
    images = _Images(groups)
    kept = _group(KEPT, "Pairs that no rule drops", groups[KEPT], None, funnel["kept"], images)
    dropped = [
        _group(reason, sentence(rule), groups[reason], rule, funnel["any_reason"][reason], images)
        for reason, rule in rules.items()
        if reason in groups
    ]
    note = tag("p", "Drawn at random, the same ones for the same input.", class_="note")
    return tag("section", tag("h2", "Examples"), note, kept, *dropped, id="examples")


class _Images:
    """The thumbnails of all examples, which share one budget of bytes."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        rows = [row for group in groups.values() for row in group.rows]
        fitted = within_budget(row["thumbnail"] for row in rows)
        self._fitted = {id(row): thumbnail for row, thumbnail in zip(rows, fitted, strict=True)}

    def of(self, row: Row) -> Element:
        thumbnail = self._fitted[id(row)]
        if thumbnail is None:
            return tag("div", "no picture", class_="frame none")
        return tag("div", tag("img", src=data_uri(thumbnail), alt=f"Thumbnail, {size(row)}"), class_="frame")


def _group(name: str, says: str, group: Group, rule: Rule | None, pairs: int, images: _Images) -> Element:
    title = tag("h3", tag("code", name), " ", tag("span", says, class_="says"))
    cards = [_example(row, rule, images) for row in group.rows]
    content = tag("ul", *cards, class_="examples") if cards else tag("p", _nothing(pairs), class_="empty")
    return tag("div", title, *_also(group), content, class_=f"group {name}", id=f"example-{name}")


def _nothing(pairs: int) -> str:
    return "No example was set aside." if pairs else "None."


def _also(group: Group) -> list[Element]:
    also = "Never the first reason: a rule before it dropped these pairs too."
    return [tag("p", also, class_="note")] if group.rows and not group.first else []


def _example(row: Row, rule: Rule | None, images: _Images) -> Element:
    number = decided(rule, row) if rule else f"{size(row)}, {words(row)}"
    text = shortened(row["text"])
    return tag(
        "li",
        images.of(row),
        tag("p", number, class_="decided" if rule else "measured"),
        tag("p", text or "(empty text)", class_="text" if text else "text empty", dir="auto"),
        tag("p", *_breakable(_origin(row)), class_="origin", dir="auto"),
    )


def _origin(row: Row) -> str:
    """The key, and the source where the key doesn't begin with it."""
    key, source = row["key"] or "", row["source"] or ""
    names = [key] if key.startswith(source) else [key, source]
    return " · ".join(shortened(name, LONGEST_KEY) for name in names if name)


def _breakable(path: str) -> Iterator[Element | str]:
    """`path`, which a line may break after a slash or a number sign."""
    first, *rest = re.split("(?<=[/#])", path)
    yield first
    for part in rest:
        yield tag("wbr")
        yield part
