"""The examples: a few kept pairs and a few for each reason, with the number that decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from filters import Rule
from filters.wording import counted, size, words
from pipeline.page.markup import shortened, tag
from pipeline.page.thumbnails import data_uri, fitted
from pipeline.report.chosen_examples import KEPT, Group
from pipeline.report.wording import decided, sentence
from pipeline.storage.for_report import EXAMPLES_SHOWN

Row = Mapping[str, Any]
LONGEST_KEY = 90


def gallery_section(
    funnel: Mapping[str, Any], rules: Mapping[str, Rule], groups: Mapping[str, Group], most: int
) -> Element:
    """Examples of kept pairs, then of each reason; a disabled rule has none. Thumbnails have `most` bytes."""
    if any(group.rows for group in groups.values()):
        says, shown = "Drawn at random, the same ones for the same input.", _groups(funnel, rules, groups, most)
    else:
        says, shown = "This run set no examples aside.", iter(())
    lacking = [name for name in (KEPT, *rules) if name in groups and not groups[name].rows]
    return tag(
        "section",
        tag("h2", "Examples"),
        tag("p", says, class_="note"),
        *shown,
        *([_without(lacking)] if lacking else []),
        id="examples",
    )


def _groups(
    funnel: Mapping[str, Any], rules: Mapping[str, Rule], groups: Mapping[str, Group], most: int
) -> Iterator[Element]:
    if kept := groups[KEPT].rows:
        says = "Pairs that no rule drops"
        yield _group(KEPT, says, groups[KEPT], funnel["kept"], [_kept(row, most) for row in kept])
    for reason, rule in rules.items():
        if reason in groups and (rows := groups[reason].rows):
            pairs = funnel["first_reason" if groups[reason].first else "any_reason"][reason]
            yield _group(reason, sentence(rule), groups[reason], pairs, [_dropped(row, rule, most) for row in rows])


def _group(name: str, says: str, group: Group, pairs: int, items: list[Element]) -> Element:
    title = tag("h3", tag("code", name), " ", tag("span", says, class_="says"))
    note = tag("p", *_notes(group, pairs), class_="note")
    return tag("div", title, note, tag("ul", *items, class_="examples"), class_=f"group {name}", id=f"example-{name}")


def _notes(group: Group, pairs: int) -> Iterator[str]:
    """The number of examples and of pairs, and the cause where there are fewer than the page has room for."""
    shown = len(group.rows)
    once = ", since an image is shown once" if group.repeats and shown < EXAMPLES_SHOWN else ""
    yield f"{shown:,} of {counted(pairs, 'pair')}{once}."
    if not group.first:
        yield " Never the first reason: a rule before it dropped these pairs too."


def _without(names: list[str]) -> Element:
    """The groups that have no example, in one line; links lead here too."""
    listed: list[Element | str] = []
    for name in names:
        listed += [", " if listed else "", tag("code", name, id=f"example-{name}")]
    return tag("p", "No example: ", *listed, ".", class_="group note")


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
        return tag("div", tag("p", "no image", *_address(row)), class_="frame none")
    return tag("div", tag("img", src=data_uri(thumbnail), alt=f"Thumbnail, {size(row)}"), class_="frame")


def _address(row: Row) -> list[Element]:
    """The URL as text: a link would lead to whatever was dropped."""
    url = shortened(row.get("url") or "", LONGEST_KEY)
    return [tag("span", *breakable(url), class_="origin", dir="ltr")] if url else []


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
