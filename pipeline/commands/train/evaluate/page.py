"""The page of an evaluation: what a model reaches on each set, with ALIGN's published number below each of ours.

The same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pipeline.commands.train.evaluate.table import Outcome
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import document, figure, fold, table
from train.evaluation.published import Published
from train.measures.result import RECALL, Line


@dataclass(frozen=True)
class Section:
    """Measures that have the same numbers: a title, what is said of them, and what the numbers are called."""

    title: str
    says: str
    columns: tuple[str, ...]

    def lines(self, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Line]]:
        """The measures of all sets that begin with the same number."""
        measured = ((outcome, line) for outcome in outcomes if outcome.measured for line in outcome.measured.lines)
        return [(outcome, line) for outcome, line in measured if line.labels[0] == self.columns[0]]


SECTIONS = (
    Section(
        "Retrieval",
        "How often what belongs to a query is the nearest of all candidates, or among the 5 or 10 nearest.",
        RECALL,
    ),
    Section("Mean recall", "The mean of R@1, R@5 and R@10 over both directions of retrieval.", ("mR",)),
    Section(
        "Zero-shot classification",
        "How often the prompts of the right class are the nearest to a picture, or among the 5 nearest.",
        ("top-1", "top-5"),
    ),
    Section(
        "Agreement with people",
        "Spearman's correlation of the model's similarities with people's: mean and standard deviation over bootstrap "
        "samples.",
        ("mean", "std"),
    ),
    Section(
        "Similarity of words",
        "Spearman's correlation of the text tower's similarities of words with people's.",
        ("Spearman",),
    ),
)
PERCENT = "In percent."
PAPER = " ALIGN's numbers are those of its paper, arXiv 2102.05918, for sets that are said to be the paper's."
NEIGHBOURS = "nearest neighbours"  # the name of this measure
OF_NEIGHBOURS = " Nearest neighbours: the same of pictures of one class, among those of a training set."
CHANCE = "By chance"
STYLE = """
.results { max-width: 860px; }
.results tbody th { width: 44%; }
.results thead th:nth-child(n+2) { text-align: right; }
@media screen and (max-width: 760px) { .results tbody tr { grid-template-columns: repeat(4, 1fr); }
  .results tbody th { width: auto; } }
footer .note { overflow-wrap: anywhere; }
"""


def evaluation_page(model: str, weights: str, outcomes: Sequence[Outcome]) -> bytes:
    """The page as UTF-8: `model` is where the model is, `weights` the digest of its weights."""
    sections = [
        _header(model, outcomes),
        *(_section(section, lines) for section in SECTIONS if (lines := section.lines(outcomes))),
        *_notes(outcomes),
        *_left_out(outcomes),
        tag("footer", tag("p", "SHA-256 of the weights: ", tag("code", weights), class_="note")),
    ]
    return serialized(document(f"{shortened(model, 60)}: evaluation", sections, STYLE))


def _header(model: str, outcomes: Sequence[Outcome]) -> Element:
    measured = [outcome.measured for outcome in outcomes if outcome.measured]
    figures = [
        figure("sets measured", f"{len(measured):,}", f"of {len(outcomes):,}"),
        figure("pictures", f"{sum(each.counts.get('pictures', 0) for each in measured):,}", "in all of them"),
        *_unmeasured("not there", [outcome.name for outcome in outcomes if outcome.missing]),
        *_unmeasured("failed", [outcome.name for outcome in outcomes if outcome.failed], class_="accent"),
    ]
    return tag(
        "header",
        tag("p", "Evaluation", class_="overline"),
        tag("h1", shortened(model, 60)),
        tag("dl", *figures, class_="figures"),
        tag("p", PERCENT + (PAPER if any(map(_published, outcomes)) else ""), class_="note"),
    )


def _published(outcome: Outcome) -> bool:
    return outcome.measured is not None and any(map(outcome.published, outcome.measured.lines))


def _unmeasured(what: str, names: Sequence[str], **attributes: str) -> Iterator[Element]:
    if names:
        yield figure(what, f"{len(names):,}", shortened(", ".join(names), 120), **attributes)


def _section(section: Section, lines: Sequence[tuple[Outcome, Line]]) -> Element:
    chance = (CHANCE,) if any(line.chance for _, line in lines) else ()
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in ("Set", *section.columns, *chance))))
    rows = [_row(outcome, line, section.columns, bool(chance)) for outcome, line in lines]
    table = tag("table", head, tag("tbody", *rows), class_="funnel results", aria_label=section.title)
    says = section.says + (OF_NEIGHBOURS if any(line.name == NEIGHBOURS for _, line in lines) else "")
    return tag("section", tag("h2", section.title), tag("p", says, class_="note"), table)


def _row(outcome: Outcome, line: Line, columns: Sequence[str], chance: bool) -> Element:
    published = outcome.published(line)
    where = f"; ALIGN: {published.where}" if published else ""
    says = tag("span", f"{line.name}, {_counted(outcome)}{where}", class_="says")
    name = tag("th", tag("span", shortened(outcome.name, 60)), says, scope="row")
    amounts = [*_amounts(line, published, columns)]
    if chance:
        amounts.append(_amount(CHANCE, _percent(line.chance[:1]), line.labels[0]))
    return tag("tr", name, *amounts)


def _counted(outcome: Outcome) -> str:
    assert outcome.measured is not None
    what, count = next(iter(outcome.measured.counts.items()))
    return f"{count:,} {what}"


def _amounts(line: Line, published: Published | None, columns: Sequence[str]) -> Iterator[Element]:
    theirs = published.values if published else ()
    for place, column in enumerate(columns):
        align = f"ALIGN {theirs[place]:.1f}" if place < len(theirs) else ""
        yield _amount(column, _percent(line.values[place : place + 1]), align)


def _percent(values: Sequence[float]) -> str:
    """Formats a value, or none."""
    return "".join(f"{100 * value:.1f}" for value in values)


def _amount(name: str, value: str, says: str) -> Element:
    label = tag("span", name, class_="label", aria_hidden="true")
    return tag("td", label, tag("b", value), tag("small", says), class_="amount")


def _notes(outcomes: Sequence[Outcome]) -> Iterator[Element]:
    measured = [(shortened(outcome.name, 60), outcome.measured) for outcome in outcomes if outcome.measured]
    notes = [f"{name}: {note}" for name, each in measured for note in each.notes]
    if notes:
        yield tag("section", tag("h2", "Remarks"), *(tag("p", note, class_="note") for note in notes))


def _left_out(outcomes: Sequence[Outcome]) -> Iterator[Element]:
    """Pictures that couldn't be read and the like, folded away."""
    rows = [
        (outcome.name, f"{what}: {name}")
        for outcome in outcomes
        for what, names in (outcome.measured.left_out.items() if outcome.measured else ())
        for name in names[:20]
    ]
    rows += [(outcome.name, outcome.missing or outcome.failed) for outcome in outcomes if outcome.measured is None]
    if rows:
        yield tag("section", fold("What was left out", table(("Set", "What"), rows)))
