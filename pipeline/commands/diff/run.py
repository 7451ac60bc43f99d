"""The whole way of a comparison: two finished runs to a table and a page."""

from __future__ import annotations

from pipeline.commands.diff.comparison import Comparison
from pipeline.commands.diff.differences import differences
from pipeline.commands.diff.examples import read_examples
from pipeline.commands.diff.options import Options
from pipeline.commands.diff.page import page
from pipeline.commands.diff.pairs import parts_of, read_part, write_pairs
from pipeline.commands.diff.pictures import set_aside
from pipeline.commands.diff.runs import Run, outcomes_of, read_runs
from pipeline.commands.diff.table import table
from pipeline.files import Output, write_file
from pipeline.printable import tell

PAGE = "diff.html"
MANY = 1_000_000  # pairs that take some seconds


def compare(options: Options, folder: str) -> tuple[list[str], str]:
    """Writes the page; returns the lines of the table, and the path of the page. Raises InputError."""
    one, two = read_runs({"RUN1": options.run1, "RUN2": options.run2})
    comparison = compare_pairs(one, two, Output(folder))
    examples, differ = read_examples(comparison, one, two), differences(one.manifest, two.manifest)
    content = page(comparison, one, two, differ, examples)
    if not options.page:
        two.output.write_bytes(PAGE, content)
    else:
        with write_file(options.page) as file:
            file.write(content)
    return [*table(comparison, one, two, differ, examples)], options.page or two.output.path(PAGE)


def compare_pairs(one: Run, two: Run, scratch: Output) -> Comparison:
    """Compares the outcomes of all pairs; memory holds those of one hash range."""
    pictures, parts = set_aside((one, two)), parts_of(one, two)
    comparison = Comparison(outcomes_of(one, two))
    for run in (one, two):
        if run.pairs > MANY:
            tell(f"diff: {run.pairs:,} pairs of {run.name}")
        write_pairs(run, comparison.outcomes, pictures, scratch, parts)
    for part in range(parts):
        comparison.add(read_part(one, scratch, part, parts), read_part(two, scratch, part, parts))
    return comparison
