"""A table of pairs by a name: raw, kept, share, and a bar whose parts are the first reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.page.axes import coordinate
from pipeline.page.markup import shortened, tag
from pipeline.page.parts import fold
from pipeline.report.funnel import share
from pipeline.report.origins_style import COLOURS

Row = Mapping[str, Any]
SHOWN = 10  # rows before the fold
FOLDED = 100  # rows with those in the fold
LONGEST = 80  # characters of a name
HEAD = ("Raw", "Kept", "Share kept")


def origins_table(title: str, found: Row, funnel: Row, codes: Sequence[str]) -> Iterator[Element]:
    """The rows of `found`, the first ones unfolded, and one of all others."""
    shown, folded = found["rows"][:SHOWN], found["rows"][SHOWN:FOLDED]
    yield tag("h3", title)
    yield _table(title, [*shown, *_others(found, shown, funnel)], codes)
    if folded:
        left = _others(found, [*shown, *folded], funnel)
        yield fold(f"{len(folded):,} more", _table(title, [*folded, *left], codes))


def legend(codes: Sequence[str], dropping: Iterable[str]) -> Element:
    """The colours of kept pairs and of the reasons that drop any."""
    keys = [tag("span", code, class_=f"key reason {colour(codes, code)}") for code in dropping]
    return tag("p", tag("span", "kept", class_="key keeps"), *keys, class_="legend")


def colour(codes: Sequence[str], code: str) -> str:
    """The class of a reason's colour: by its place among the rules."""
    return f"r{min(codes.index(code), len(COLOURS) - 1)}"


def _others(found: Row, shown: Sequence[Row], funnel: Row) -> list[Row]:
    """The pairs of the run that are in none of the rows, as a row; none if there are no such pairs."""
    left = {name: funnel[name] - sum(row[name] for row in shown) for name in ("raw", "kept")}
    first = funnel["first_reason"]
    reasons = {code: first[code] - sum(row["first_reason"].get(code, 0) for row in shown) for code in first}
    name = "others" if found["distinct"] is None else f"{found['distinct'] - len(shown):,} others"
    return [{"name": None, "others": name, **left, "first_reason": reasons}] if left["raw"] else []


def _table(title: str, rows: Iterable[Row], codes: Sequence[str]) -> Element:
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Name", *HEAD, "By first reason")))
    return tag("table", tag("thead", head), tag("tbody", *(_row(row, codes) for row in rows)), class_="origins")


def _row(row: Row, codes: Sequence[str]) -> Element:
    raw, kept = row["raw"], row["kept"]
    values = (f"{raw:,}", f"{kept:,}", share(kept, raw))
    cells = (tag("td", value, **{"data-label": name.lower()}) for name, value in zip(HEAD, values, strict=True))
    kind = {"class_": "others"} if row["name"] is None else {}
    return tag("tr", _name(row), *cells, tag("td", _bar(row, codes), class_="picture"), **kind)


def _name(row: Row) -> Element:
    name = row["others"] if row["name"] is None else shortened(row["name"], LONGEST) or "(empty)"
    return tag("th", tag("bdi", name), scope="row")


def _bar(row: Row, codes: Sequence[str]) -> Element:
    """A bar as wide as all pairs of the row."""
    counts = [row["kept"], *(row["first_reason"].get(code, 0) for code in codes)]
    scale, ends = 1000 / max(sum(counts), 1), list(accumulate(counts))
    parts = [
        tag(
            "rect",
            tag("title", f"{name}: {count:,}"),
            class_="keeps" if name == "kept" else f"reason {colour(codes, name)}",
            x=coordinate((end - count) * scale),
            width=coordinate(count * scale),
            height=10,
        )
        for name, count, end in zip(("kept", *codes), counts, ends, strict=True)
        if count
    ]
    said = ", ".join(f"{name} {count:,}" for name, count in zip(("kept", *codes), counts, strict=True) if count)
    frame = {"viewBox": "0 0 1000 10", "preserveAspectRatio": "none", "role": "img", "aria_label": said}
    return tag("svg", *parts, class_="bar", **frame)
