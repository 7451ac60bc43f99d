"""The page of a comparison: what differs, the numbers of pairs, and the changes by reason with examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from pipeline.commands.diff.changes import CHANGES_STYLE, changes_section
from pipeline.commands.diff.comparison import Change, Comparison
from pipeline.commands.diff.differences import Difference
from pipeline.commands.diff.examples import Example
from pipeline.commands.diff.names import Names, names_of
from pipeline.commands.diff.runs import KEPT, Run
from pipeline.commands.diff.table import NOTHING, counts, groups, nothing_common
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import accent, document, figure, table
from pipeline.page.thumbnails import share_of
from pipeline.report.funnel import share

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
    names = names_of(one.output.root, two.output.root)
    sections = [
        _header(comparison, (one, two), names),
        _differences(differ, names),
        _pairs(counts(comparison, one, two), names),
        *(
            changes_section(heading, changes, examples, (one, two), names, most)
            for heading, changes in groups(comparison, names).items()
        ),
    ]
    return serialized(document(f"{' → '.join(names)}: comparison", sections, CHANGES_STYLE))


def _header(comparison: Comparison, runs: Sequence[Run], names: Names) -> Element:
    lost, gained = sum(comparison.lost.values()), sum(comparison.gained.values())
    figures = [
        figure("pairs in both", f"{comparison.common:,}"),
        figure(
            "kept by both", f"{comparison.count(KEPT, KEPT):,}", share(comparison.count(KEPT, KEPT), comparison.common)
        ),
        figure("lost", f"{lost:,}", share(lost, comparison.common), **accent(lost)),
        figure("gained", f"{gained:,}", share(gained, comparison.common)),
    ]
    corpora = [
        f"{run.name}: {name}, corpus {shortened(run.manifest['config']['name'], 60)}."
        for run, name in zip(runs, names, strict=True)
    ]
    nothing = [] if comparison.common else [tag("p", f"{nothing_common(names)}.", class_="note")]
    return tag(
        "header",
        tag("p", "Comparison of two runs", class_="overline"),
        tag("h1", " → ".join(names)),
        tag("dl", *figures, class_="figures"),
        tag("p", " ".join(corpora), class_="note"),
        *nothing,
        tag("p", MATCHED, class_="note"),
    )


def _differences(differ: Sequence[Difference], names: Names) -> Element:
    rows = [(f"{one.kind} {one.name}", one.one, one.two) for one in differ]
    nothing = tag("p", f"{NOTHING}.".capitalize(), class_="empty")
    content = table(("", *names), rows, "pairs differ") if rows else nothing
    return tag("section", tag("h2", "What differs"), content)


def _pairs(rows: Sequence[Sequence[str]], names: Names) -> Element:
    return tag("section", tag("h2", "Pairs"), table(("Pairs", *names), rows, "pairs numbers"))
