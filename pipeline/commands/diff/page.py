"""The page of a comparison: what differs, the numbers of pairs, and the changes by reason with examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from pipeline.commands.diff.changes import CHANGES_STYLE, changes_section
from pipeline.commands.diff.comparison import Change, Comparison
from pipeline.commands.diff.differences import Difference
from pipeline.commands.diff.examples import Example
from pipeline.commands.diff.runs import KEPT, Run
from pipeline.commands.diff.table import NOTHING, NOTHING_COMMON, counts, groups
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import accent, document, figure, table
from pipeline.page.thumbnails import share_of
from pipeline.report.funnel import share
from pipeline.report.head import title as title_of

MATCHED = (
    "A pair is the same in both runs by its source, key, image and text; of those that are left, by image and text "
    "alone, so that moved or renamed inputs match too. Equal ones are told apart by their order."
)


def page(
    comparison: Comparison,
    one: Run,
    two: Run,
    differ: Sequence[Difference],
    examples: Mapping[Change, Sequence[Example]],
) -> bytes:
    """The content of the page; equal for equal runs."""
    most = share_of(example.thumbnail for found in examples.values() for example in found)
    title = f"{title_of(one.output.root)} → {title_of(two.output.root)}"
    sections = [
        _header(comparison, one, two, title),
        _differences(differ),
        _pairs(comparison, one, two),
        *(
            changes_section(heading, changes, examples, (one, two), most)
            for heading, changes in groups(comparison).items()
        ),
    ]
    return serialized(document(f"{title}: comparison", sections, CHANGES_STYLE))


def _header(comparison: Comparison, one: Run, two: Run, title: str) -> Element:
    lost, gained = sum(comparison.lost.values()), sum(comparison.gained.values())
    figures = [
        figure("pairs in both", f"{comparison.common:,}"),
        figure(
            "kept by both", f"{comparison.count(KEPT, KEPT):,}", share(comparison.count(KEPT, KEPT), comparison.common)
        ),
        figure("lost", f"{lost:,}", share(lost, comparison.common), **accent(lost)),
        figure("gained", f"{gained:,}", share(gained, comparison.common)),
    ]
    names = [
        f"{run.name}: {title_of(run.output.root)}, corpus {shortened(run.manifest['config']['name'], 60)}."
        for run in (one, two)
    ]
    nothing = [] if comparison.common else [tag("p", f"{NOTHING_COMMON}.", class_="note")]
    return tag(
        "header",
        tag("p", "Comparison of two runs", class_="overline"),
        tag("h1", title),
        tag("dl", *figures, class_="figures"),
        tag("p", " ".join(names), class_="note"),
        *nothing,
        tag("p", MATCHED, class_="note"),
    )


def _differences(differ: Sequence[Difference]) -> Element:
    rows = [(f"{one.kind} {one.name}", one.one, one.two) for one in differ]
    nothing = tag("p", f"{NOTHING}.".capitalize(), class_="empty")
    content = table(("", "RUN1", "RUN2"), rows, "pairs differ") if rows else nothing
    return tag("section", tag("h2", "What differs"), content)


def _pairs(comparison: Comparison, one: Run, two: Run) -> Element:
    rows = counts(comparison, one, two)
    return tag("section", tag("h2", "Pairs"), table(("Pairs", "RUN1", "RUN2"), rows, "pairs numbers"))
