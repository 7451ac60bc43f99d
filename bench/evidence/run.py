"""The measurement as one command: cells are planned, trained and measured, and the page is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean

from bench.corpus import FOLDER
from bench.evidence import document, results
from bench.evidence.cells import STEPS, Cell
from bench.evidence.material import Material
from bench.evidence.packages import PACKAGES
from bench.evidence.questions import LARGER, Question, Variant, questions
from bench.evidence.results import Result
from bench.evidence.search import search
from bench.evidence.training import Plan, train
from bench.figures import Figure
from bench.measure import CommandFailed

PAGE = Path("docs/evidence.md")
RESULTS = Path("docs/evidence/results.csv")
OTHERS = 36.0  # seconds of a cell besides its steps
STEP, LARGER_STEP = 0.3, 1.2  # seconds of a step on one core, until some are measured


@dataclass(frozen=True)
class Evidence:
    """Options of a run: questions by name, seeds, the part of the pictures, steps."""

    questions: tuple[str, ...] = ()
    seeds: int = 3
    part: float = 1.0
    steps: int = STEPS

    @property
    def is_a_try(self) -> bool:
        """Returns whether it is a try, whose results and page are not those of the documentation: it has other steps,
        or lacks pictures.
        """
        return self.part < 1 or self.steps != STEPS or len(self.material.packages) < len(PACKAGES)

    @cached_property
    def material(self) -> Material:
        """The pictures and their packages."""
        return Material(self.folder, self.part)

    @property
    def folder(self) -> Path:
        """The folder of pictures, corpora and models."""
        return FOLDER / "evidence"

    @property
    def plan(self) -> Plan:
        """The pictures and the file of results."""
        return Plan(self.material, self.folder / "try" / "results.csv" if self.is_a_try else RESULTS)

    def asked(self) -> list[Question]:
        """The questions that are asked. Raises CommandFailed for a name that none has."""
        known = {question.name: question for question in questions()}
        for name in self.questions:
            if name not in known:
                raise CommandFailed(f"questions: {name} is none of {', '.join(known)}")
        return [known[name] for name in self.questions or known]

    def cells(self) -> list[tuple[Question, Variant, Cell]]:
        """All cells: first one of each variant, then those with other seeds."""
        every = [(asked, *each) for asked in self.asked() for each in asked.cells(self.seeds, self.steps)]
        return sorted(every, key=lambda each: each[2].seed)


def planned(asked: Evidence) -> Iterator[Figure]:
    """The cells that are to be trained, and the seconds that each is expected to take; trains nothing."""
    plan = asked.plan
    known = results.read(plan.results)
    labels = {plan.key(cell): f"{question.name}: {variant.label}" for question, variant, cell in asked.cells()}
    waiting = plan.open([cell for *_, cell in asked.cells()])
    for cell in waiting:
        again = ", whose result is there and whose model isn't" if plan.key(cell) in known else ""
        yield Figure(f"{labels[plan.key(cell)]}, seed {cell.seed}{again}", expected(cell, known), "s")
    seconds = [expected(cell, known) for cell in waiting]
    together = max([sum(seconds) / 2, *seconds])  # a cell is trained on one core
    yield Figure("all of them, side by side on two cores", together / 3600, "h")


def expected(cell: Cell, known: Mapping[str, Result]) -> float:
    """Seconds of a cell: the mean of measured ones with as many steps and the same settings, or an estimate."""
    alike = [
        found.seconds
        for found in known.values()
        if (found.settings, found.steps) == (" ".join(cell.settings), cell.steps)
    ]
    step = LARGER_STEP if cell.settings == LARGER else STEP
    return mean(alike) if alike else OTHERS + cell.steps * step


def evidence(asked: Evidence) -> Iterator[Figure]:
    """Trains and measures all cells without a result, and writes the page; yields a recall of each cell."""
    plan = asked.plan
    labels = {plan.key(cell): f"{question.name}: {variant.label}" for question, variant, cell in asked.cells()}
    for found in train(plan, [cell for *_, cell in asked.cells()]):
        for name in ("drawings_t2i_r10", "style_i2t_r10"):
            if name in found.measures:
                what = f"{labels[found.cell]}, seed {found.seed}: {name}, chance {found.measures[_chance(name)]:.1%}"
                yield Figure(what, 100 * found.measures[name], "%")
    if any(question.name == "search" for question in asked.asked()):
        yield from search(plan, next(cell for *_, cell in asked.cells() if cell.keep))
    written(asked)


def _chance(name: str) -> str:
    return f"{name.rpartition('_')[0]}_chance"


def written(asked: Evidence) -> Path:
    """Writes tables and plots from the results that are there; returns the page. A try has a copy of the page."""
    plan, page = asked.plan, PAGE
    if asked.is_a_try:
        page = asked.folder / "try" / PAGE.name
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PAGE, page)
    shown = [question for question in asked.asked() if question.name != "search"]
    seeds = max(asked.seeds, Evidence.seeds)  # a run with fewer hides no result
    document.write(page, plan, shown, results.read(plan.results), seeds, asked.steps)
    return page
