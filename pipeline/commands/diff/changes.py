"""The changes of one kind on the page: their counts by reason, as bars or as a matrix, and pairs of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from filters.wording import counted, size
from pipeline.commands.diff.comparison import Change
from pipeline.commands.diff.examples import Example
from pipeline.commands.diff.names import Names
from pipeline.commands.diff.runs import ABSENT, KEPT, Run
from pipeline.commands.diff.table import named, numbers
from pipeline.page.markup import shortened, tag
from pipeline.page.thumbnails import data_uri, fitted
from pipeline.report.gallery import breakable, origin

Examples = Mapping[Change, Sequence[Example]]

CHANGES_STYLE = """
.numbers td, .numbers thead th + th, .matrix td, .matrix thead th + th { text-align: right; }
.numbers td, .matrix th, .matrix td { white-space: nowrap; }
.pairs thead th, h1, h2 { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.frame.none { padding: 8px; font-size: 0.8125rem; overflow-wrap: anywhere; }
@media screen and (max-width: 760px) {
  .pairs th, .pairs td { padding-right: 12px; }
  .differ, .differ tbody, .differ thead { display: block; }
  .differ tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .differ th:first-child { grid-column: 1 / -1; }
  .differ thead th:first-child { display: none; }
}
"""


def changes_section(
    title: str, changes: Mapping[Change, int], examples: Examples, runs: Sequence[Run], names: Names, most: int
) -> Element:
    """A kind of change between runs with these names; thumbnails have `most` bytes."""
    both_dropped = all(outcome not in (KEPT, ABSENT) for change in changes for outcome in change)
    table = tag("div", _matrix(changes, names), class_="wide") if both_dropped else _list(changes)
    groups = [_group(change, count, examples[change], runs, most) for change, count in changes.items()]
    heading = f"{title[:1].upper()}{title[1:]}: {sum(changes.values()):,}"
    return tag("section", tag("h2", heading), table, *groups)


def _list(changes: Mapping[Change, int]) -> Element:
    rows = [
        tag("tr", tag("th", tag("code", named(change)), scope="row"), tag("td", f"{n:,}"))
        for change, n in changes.items()
    ]
    return tag("table", tag("tbody", *rows), class_="pairs numbers")


def _matrix(changes: Mapping[Change, int], names: Names) -> Element:
    """First reasons in the first run by first reasons in the second; only those of a change."""
    before, after = (dict.fromkeys(change[side] for change in changes) for side in (0, 1))
    head = tag("tr", *(tag("th", name, scope="col") for name in (" \\ ".join(names), *after)))
    return tag(
        "table",
        tag("thead", head),
        tag("tbody", *(tag("tr", *_cells(name, after, changes)) for name in before)),
        class_="pairs matrix",
    )


def _cells(name: str, after: Mapping[str, None], changes: Mapping[Change, int]) -> Iterator[Element]:
    yield tag("th", tag("code", name), scope="row")
    for other in after:
        count = changes.get((name, other))
        yield tag("td", f"{count:,}" if count else "")


def _group(change: Change, count: int, examples: Sequence[Example], runs: Sequence[Run], most: int) -> Element:
    title = tag("h3", tag("code", named(change, " → ")), " ", tag("span", counted(count, "pair"), class_="says"))
    items = [_item(example, change, runs, most) for example in examples]
    return tag("div", title, tag("ul", *items, class_="examples"), class_=f"group {' '.join(change)}")


def _item(example: Example, change: Change, runs: Sequence[Run], most: int) -> Element:
    row, decided = example.row, numbers(example, change, *runs)
    text = shortened(row["text"])
    return tag(
        "li",
        _frame(example, most),
        *([tag("p", decided, class_="decided")] if decided else []),
        tag("p", text or "(empty text)", class_="text" if text else "text empty", dir="auto"),
        *(tag("p", line, class_="measured") for line in _reasons(example)),
        tag("p", *breakable(origin(row)), class_="origin", dir="auto"),
    )


def _reasons(example: Example) -> Iterator[str]:
    """All reasons before and after, where both runs have the pair."""
    if example.one and example.two:
        before, after = (", ".join(row["reasons"]) or KEPT for row in (example.one, example.two))
        yield f"{before} → {after}"


def _frame(example: Example, most: int) -> Element:
    thumbnail, row = fitted(example.thumbnail, most), example.row
    if thumbnail:
        return tag("div", tag("img", src=data_uri(thumbnail), alt=f"Thumbnail, {size(row)}"), class_="frame")
    return tag("div", shortened(row["url"] or "no picture at hand", 90), class_="frame none", dir="auto")
