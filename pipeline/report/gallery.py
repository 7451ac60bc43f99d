"""The examples: a few kept pairs and a few for each reason, with the number that decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from filters import Rule
from filters.wording import size, words
from pipeline.page.markup import shortened, tag
from pipeline.page.thumbnails import data_uri, fitted
from pipeline.report.chosen_examples import KEPT, Group
from pipeline.report.wording import decided, sentence

Row = Mapping[str, Any]
LONGEST_KEY = 90


def gallery_section(rules: Mapping[str, Rule], groups: Mapping[str, Group], most: int) -> Element:
    """Examples of kept pairs, then of each reason; a disabled rule has none. Thumbnails have `most` bytes."""
    if any(group.rows for group in groups.values()):
        says, shown = "Drawn at random, the same ones for the same input.", _groups(rules, groups, most)
    else:
        says, shown = "This run set no examples aside.", iter(())
    return tag("section", tag("h2", "Examples"), tag("p", says, class_="note"), *shown, id="examples")


def _groups(rules: Mapping[str, Rule], groups: Mapping[str, Group], most: int) -> Iterator[Element]:
    kept = groups[KEPT]
    yield _group(KEPT, "Pairs that no rule drops", kept, [_kept(row, most) for row in kept.rows])
    for reason, rule in rules.items():
        if reason in groups:
            items = [_dropped(row, rule, most) for row in groups[reason].rows]
            yield _group(reason, sentence(rule), groups[reason], items)


def _group(name: str, says: str, group: Group, items: list[Element]) -> Element:
    title = tag("h3", tag("code", name), " ", tag("span", says, class_="says"))
    content = tag("ul", *items, class_="examples") if items else tag("p", "None.", class_="empty")
    return tag("div", title, *_never_first_note(group), content, class_=f"group {name}", id=f"example-{name}")


def _never_first_note(group: Group) -> list[Element]:
    also = "Never the first reason: a rule before it dropped these pairs too."
    return [tag("p", also, class_="note")] if group.rows and not group.first else []


def _kept(row: Row, most: int) -> Element:
    return _example(row, most, tag("p", f"{size(row)}, {words(row)}", class_="measured"))


def _dropped(row: Row, rule: Rule, most: int) -> Element:
    return _example(row, most, tag("p", decided(rule, row), class_="decided"))


def _example(row: Row, most: int, number: Element) -> Element:
    """A pair: its image (of at most `most` bytes), the number that matters, its text, and its origin."""
    text = shortened(row["text"])
    return tag(
        "li",
        _frame(row, most),
        number,
        tag("p", text or "(empty text)", class_="text" if text else "text empty", dir="auto"),
        tag("p", *breakable(origin(row)), class_="origin", dir="auto"),
    )


def _frame(row: Row, most: int) -> Element:
    thumbnail = fitted(row["thumbnail"], most)
    if thumbnail is None:
        return tag("div", "no image", class_="frame none")
    return tag("div", tag("img", src=data_uri(thumbnail), alt=f"Thumbnail, {size(row)}"), class_="frame")


def origin(row: Row) -> str:
    """The key, and the source if the key doesn't begin with it."""
    key, source = row["key"] or "", row["source"] or ""
    names = [key] if key.startswith(source) else [key, source]
    return " · ".join(shortened(name, LONGEST_KEY) for name in names if name)


def breakable(path: str) -> Iterator[Element | str]:
    """`path`, with line breaks allowed after a slash or a number sign."""
    first, *rest = re.split("(?<=[/#])", path)
    yield first
    for part in rest:
        yield tag("wbr")
        yield part
