"""The table of retrieval: recalls both ways, with chance beside each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from pipeline.page.markup import tag
from train.measures.captions import tie_notes
from train.retrieval import RANKS, NotMeasured, Recalls

if TYPE_CHECKING:
    from train.evaluate import Retrieval

COLUMNS = ("Direction", *(f"R@{rank}" for rank in RANKS), "Median rank", "Times chance")
NOTE = (
    "How often what belongs to a query is the nearest of all candidates, or among the 5 or 10 nearest, on held-out "
    "pictures. Chance is what candidates drawn at random would reach."
)
STYLE = """
.recalls { max-width: 760px; }
.recalls thead th:nth-child(n+2) { text-align: right; }
@media screen and (max-width: 760px) {
  .recalls tbody tr { grid-template-columns: repeat(3, auto); gap: 6px 4px; }
  .recalls .amount small, .recalls .label { font-size: 0.72rem; }
}
"""


def recalls_section(retrieval: Retrieval) -> Element:
    """A row for each direction."""
    pictures, captions = retrieval.image_to_text.queries, retrieval.text_to_image.queries
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in COLUMNS)))
    rows = [
        _row("text to image", f"{captions:,} captions, each looking for its picture", retrieval.text_to_image),
        _row("image to text", f"{pictures:,} pictures, each looking for its captions", retrieval.image_to_text),
    ]
    table = tag("table", head, tag("tbody", *rows), class_="funnel recalls", aria_label="Retrieval")
    ties = (tag("p", f"{note}.", class_="note") for note in tie_notes(retrieval.image_to_text, retrieval.text_to_image))
    return tag("section", tag("h2", "Retrieval"), tag("p", NOTE, class_="note"), table, *ties, id="retrieval")


def unmeasured_section(retrieval: NotMeasured) -> Element:
    """In place of the table: why there is none."""
    says = f"Recall was not measured: {retrieval.reason}, where it takes two at least."
    return tag("section", tag("h2", "Retrieval"), tag("p", says, class_="empty"), id="retrieval")


def percent(part: float) -> str:
    """A share of 1 in percent: one decimal, or two digits where that is little."""
    return f"{part:.1%}" if part >= 0.01 or not part else f"{100 * part:.2g}%"


def times_chance(recalls: Recalls) -> str:
    """Formats R@1 as a multiple of chance, with a decimal under 10."""
    times = recalls.over_chance
    return f"{times:.1f}" if times < 9.95 else f"{times:,.0f}"


def _row(name: str, says: str, recalls: Recalls) -> Element:
    direction = tag("th", tag("span", name), tag("span", says, class_="says"), scope="row")
    rank = "not known" if recalls.median_rank is None else f"{recalls.median_rank:,.4g}"
    amounts = (COLUMNS[-2], rank, f"of {recalls.candidates:,}"), (COLUMNS[-1], times_chance(recalls), "at R@1")
    return tag("tr", direction, *_recalls(recalls), *(_amount(*amount) for amount in amounts))


def _recalls(recalls: Recalls) -> Iterator[Element]:
    for name, found, chance in zip(COLUMNS[1:-2], recalls.found, recalls.chance, strict=True):
        yield _amount(name, percent(found), f"chance {percent(chance)}")


def _amount(name: str, value: str, says: str) -> Element:
    label = tag("span", name, class_="label", aria_hidden="true")
    return tag("td", label, tag("b", value), tag("small", says), class_="amount")
