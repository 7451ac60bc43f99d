"""The generated parts of docs/evidence.md: tables and plots between markers. What people wrote stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from bench.evidence.corpora import Corpus, place_of
from bench.evidence.packages import licences
from bench.evidence.plot import plot
from bench.evidence.questions import NOISE, Question
from bench.evidence.results import Result
from bench.evidence.search import ANSWERS, answers_to_queries
from bench.evidence.tables import Table, table
from bench.evidence.training import Plan
from bench.evidence.trend import Series, trend
from bench.measure import CommandFailed
from pipeline.funnel import Funnel

PLOTTED = {
    "copies": ("with copies planted", "without"),
    "languages": ("names in 25 languages", "names in English"),
}
USUALLY = ("text to drawing", "emoji to name")


def write(page: Path, plan: Plan, asked: list[Question], known: Mapping[str, Result], seeds: int, steps: int) -> None:
    """Puts tables and plots into `page` and beside it. Raises CommandFailed if the page has no place for one."""
    text = replaced(page.read_text(encoding="utf-8"), "packages", licences())
    text = _with_funnel(text, place_of(Corpus(), plan.material).corpus / "funnel.json")
    folder = page.parent / page.stem
    for question in asked:
        found = answers(question, plan, known, seeds, steps)
        text = replaced(text, question.name, "\n\n".join([found.markdown(), *_plotted(folder, question.name, found)]))
    text = replaced(text, "search", answers_to_queries(plan.results.with_name(ANSWERS)))
    _write(page, text.encode())


def _with_funnel(text: str, file: Path) -> str:
    """Puts the funnel of the corpus of all pairs and rules into the page, where that corpus was made here."""
    if not file.exists():
        return text
    return replaced(text, "funnel", f"```\n{Funnel.of(json.loads(file.read_text()))}\n```")


def _plotted(folder: Path, name: str, found: Table) -> list[str]:
    """Writes the plot of a table that has a value; returns the line that shows it, or none."""
    if not found.chance:
        return []
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.svg"
    _write(file, drawn(name, found))
    return [f"![R@10 of the models that answer {name}]({folder.name}/{file.name})"]


def drawn(name: str, found: Table) -> bytes:
    """The plot of the question `name`, whose answers were `found`."""
    column = USUALLY[-1]
    if name != "noise" or column not in found.chance:  # without emoji there are drawings alone
        return plot(name, found, PLOTTED.get(name, USUALLY))
    return trend(f"R@10, {column}", by_noise(found, column), found.chance[column])


def by_noise(found: Table, column: str) -> dict[str, Series]:
    """A column of the table on noise, whose first lines are pairs by the share of noise: without the rule, with it."""
    shares = (0.0, *NOISE)
    pairs, places = found.lines[: 2 * len(shares)], {"with images_of_text": 1, "without the rule": 0}
    return {
        name: {share: line.values.get(column, ()) for share, line in zip(shares, pairs[place::2], strict=True)}
        for name, place in places.items()
    }


def answers(question: Question, plan: Plan, known: Mapping[str, Result], seeds: int, steps: int) -> Table:
    """The table of the question, from the results that are known."""
    keys = [(variant, plan.key(cell)) for variant, cell in question.cells(seeds, steps)]
    found = [[known[key] for owner, key in keys if owner is each and key in known] for each in question.variants]
    return table(question, found, seeds)


def replaced(text: str, name: str, content: str) -> str:
    """`text` with other content between `<!-- name -->` and `<!-- /name -->`. Raises CommandFailed without them."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise CommandFailed(f"the page has no place for {name}: a line {begin}, and a line {end}")
    return re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n\n{content}\n\n{end}", text, flags=re.DOTALL)


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.rename(path)
