"""Parts of every page: the document around its sections, main figures, and tables that fold away."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.page.markup import shortened, tag
from pipeline.page.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # no script and no network, in any page


def document(title: str, sections: Iterable[Element], style: str = "") -> Element:
    """The html element of a page; `style` comes after the style sheet that all pages share."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", **{"http-equiv": "Content-Security-Policy"}, content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", STYLE + style),
    )
    return tag("html", head, tag("body", tag("main", *sections)), lang="en")


def figure(name: str, value: str, says: str = "", **attributes: str) -> Element:
    """A main figure, for the list of class figures: its name, its value and, below, an explanation."""
    return tag("div", tag("dt", name), tag("dd", value, tag("small", says), **attributes))


def accent(count: int) -> dict[str, str]:
    """The attributes of a number of lost things: coloured, unless nothing is lost."""
    return {"class_": "accent"} if count else {}


def flat(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yields the settings in a tree: each path, with dots, and value as JSON."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", json.dumps(value, ensure_ascii=False)


def fold(summary: str, content: Element) -> Element:
    """`content`, hidden until the reader opens it."""
    return tag("details", tag("summary", summary), content)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], class_: str = "pairs") -> Element:
    """A table of texts from the data, the first column of which names its rows: overlong texts lose their middle."""
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in header)))
    body = (
        tag("tr", tag("th", shortened(name, 200), scope="row"), *(tag("td", shortened(value)) for value in values))
        for name, *values in rows
    )
    return tag("table", head, tag("tbody", *body), class_=class_)


def contents(sections: Iterable[Element]) -> Element:
    """Links to those of the sections that have a heading and an id."""
    headings = ((section.get("id"), section.find("h2")) for section in sections)
    links = [tag("a", "".join(h2.itertext()), href=f"#{id_}") for id_, h2 in headings if id_ and h2 is not None]
    return tag("nav", *(tag("span", link, " ") for link in links), class_="contents", aria_label="Contents")


def byte_size(size: float) -> str:
    """A number of bytes in decimal units."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
