"""A table of pairs by a name: raw, kept, share, and a bar whose parts are the first reasons.

Where no pair of the run is dropped, as in a subset, it has each name's share of all pairs instead.
"""

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
HEAD_OF_KEPT = ("Pairs", "Share")


def origins_table(title: str, found: Row, funnel: Row, codes: Sequence[str]) -> Iterator[Element]:
    """The rows of `found`, the first ones unfolded, and one of all others."""
    shown, folded = found["rows"][:SHOWN], found["rows"][SHOWN:FOLDED]
    whole = None if drops_any(funnel) else funnel["raw"]
    yield tag("h3", title)
    yield _table([*shown, *_others(found, shown, funnel)], codes, whole)
    if folded:
        left = _others(found, [*shown, *folded], funnel)
        yield fold(f"{len(folded):,} more", _table([*folded, *left], codes, whole))


def drops_any(funnel: Row) -> bool:
    """Returns whether a pair of the run is dropped; else all shares of kept pairs are the same."""
    return bool(funnel["raw"] > funnel["kept"])


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


def _table(rows: Iterable[Row], codes: Sequence[str], whole: int | None) -> Element:
    """Rows with the share of each that is kept, or, where all are, the share of the `whole` that each is."""
    names = ("Name", *HEAD, "By first reason") if whole is None else ("Name", *HEAD_OF_KEPT, "Of all pairs")
    head = tag("tr", *(tag("th", name, scope="col") for name in names))
    body = tag("tbody", *(_row(row, codes, whole) for row in rows))
    return tag("table", tag("thead", head), body, class_="origins")


def _row(row: Row, codes: Sequence[str], whole: int | None) -> Element:
    cells = (tag("td", value, **{"data-label": name.lower()}) for name, value in _values(row, whole))
    kind = {"class_": "others"} if row["name"] is None else {}
    return tag("tr", _name(row), *cells, tag("td", _bar(row, codes, whole), class_="picture"), **kind)


def _values(row: Row, whole: int | None) -> Iterable[tuple[str, str]]:
    raw, kept = row["raw"], row["kept"]
    if whole is None:
        return zip(HEAD, (f"{raw:,}", f"{kept:,}", share(kept, raw)), strict=True)
    return zip(HEAD_OF_KEPT, (f"{raw:,}", share(raw, whole)), strict=True)


def _name(row: Row) -> Element:
    name = row["others"] if row["name"] is None else shortened(row["name"], LONGEST) or "(empty)"
    return tag("th", tag("bdi", name), scope="row")


def _bar(row: Row, codes: Sequence[str], whole: int | None) -> Element:
    """A bar as wide as all pairs of the row, or as the `whole`, of which the row fills its share."""
    counts = [row["kept"], *(row["first_reason"].get(code, 0) for code in codes)]
    scale, ends = 1000 / max(whole or sum(counts), 1), list(accumulate(counts))
    track = [tag("rect", class_="track", width=1000, height=10)] if whole else []
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
    return tag("svg", *track, *parts, class_="bar", **frame)
