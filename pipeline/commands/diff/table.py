"""A comparison as plain text for a terminal, under 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from filters.base import decided
from pipeline.commands.diff.comparison import Change, Comparison
from pipeline.commands.diff.differences import Difference
from pipeline.commands.diff.examples import Example
from pipeline.commands.diff.names import Names
from pipeline.commands.diff.runs import ABSENT, KEPT, Run
from pipeline.page.markup import shortened
from pipeline.printable import printable

WIDTH = 78
IN_TEXT = 2  # examples of a change
NOTHING = "no setting, version or input differs"
ON_COMMAND_LINE = ("RUN1", "RUN2")

Examples = Mapping[Change, Sequence[Example]]


def table(
    comparison: Comparison, one: Run, two: Run, differ: Sequence[Difference], examples: Examples
) -> Iterator[str]:
    """The lines: what differs, how many pairs, and the changes by reason with an example or two."""
    yield from _differences(differ)
    yield from ("", *aligned([("pairs", *ON_COMMAND_LINE), *counts(comparison, one, two)]))
    if not comparison.common:
        yield from ("", nothing_common())
    for title, changes in groups(comparison).items():
        yield from ("", title)
        for change, count in changes.items():
            yield f"  {count:>12,}  {named(change)}"
            yield from (
                f"{'':16}{line}" for one_of in examples[change][:IN_TEXT] for line in _example(one_of, change, two, one)
            )


def counts(comparison: Comparison, one: Run, two: Run) -> list[tuple[str, str, str]]:
    """The rows of the first table: a name, and a number for each run."""
    both, gone, new = comparison.count(KEPT, KEPT), comparison.gone, comparison.new
    lost, gained = sum(comparison.lost.values()), sum(comparison.gained.values())
    rows = {
        "raw": (one.pairs, two.pairs),
        "in this run alone": (sum(gone.values()), sum(new.values())),
        "kept": (one.kept, two.kept),
        "kept by both": (both, both),
        "kept by this run, dropped by the other": (lost, gained),
        "kept, in this run alone": (gone.get(KEPT, 0), new.get(KEPT, 0)),
    }
    return [(name, f"{first:,}", f"{second:,}") for name, (first, second) in rows.items()]


def nothing_common(names: Names = ON_COMMAND_LINE) -> str:
    """The sentence for runs without a pair in common."""
    return f"no pair of {names[0]} is in {names[1]}, neither by source, key, image and text nor by image and text alone"


def groups(comparison: Comparison, names: Names = ON_COMMAND_LINE) -> dict[str, dict[Change, int]]:
    """The changes by what they are, each with its number of pairs; groups without any are left out."""
    one, two = names
    found = {
        f"lost: kept by {one}, dropped by {two}": {(KEPT, name): count for name, count in comparison.lost.items()},
        f"gained: dropped by {one}, kept by {two}": {(name, KEPT): count for name, count in comparison.gained.items()},
        "dropped by both, with another first reason": comparison.moved,
        f"in {one} alone": {(name, ABSENT): count for name, count in comparison.gone.items()},
        f"in {two} alone": {(ABSENT, name): count for name, count in comparison.new.items()},
    }
    return {title: changes for title, changes in found.items() if changes}


def named(change: Change, arrow: str = " -> ") -> str:
    """A change in words: its one reason, or from one to the other."""
    reasons = [outcome for outcome in change if outcome not in (KEPT, ABSENT)]
    return arrow.join(reasons) or KEPT


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell, the first left-aligned, with a line below the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, (name, *others) in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([name.ljust(widths[0]), *cells])
        if not number:
            yield "-" * (sum(widths) + 2 * len(widths) - 2)


def numbers(example: Example, change: Change, one: Run, two: Run) -> str:
    """The number for which a run drops the pair: the second, or the first if that one keeps or lacks it."""
    before, after = change
    if after not in (KEPT, ABSENT) and example.two:
        return decided(two.rules[after], example.two)
    if before not in (KEPT, ABSENT) and example.one:
        return decided(one.rules[before], example.one)
    return ""


def _example(example: Example, change: Change, two: Run, one: Run) -> Iterator[str]:
    row = example.row
    yield shortened(printable(f"“{row['text']}”"), WIDTH - 16)
    where = row["key"] or row["url"] or ""
    yield shortened(printable(" · ".join(filter(None, [numbers(example, change, one, two), where]))), WIDTH - 16)


def _differences(differ: Sequence[Difference]) -> Iterator[str]:
    if not differ:
        yield NOTHING
    for one in differ:
        yield shortened(printable(f"{one.kind} {one.name}: {one.one} -> {one.two}"), WIDTH)
