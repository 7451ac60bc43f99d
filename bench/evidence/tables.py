"""Tables of results: the mean of all seeds, and their range. What wasn't measured is never a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from bench.evidence.questions import Question
from bench.evidence.results import Result

NOT_MEASURED = "not measured yet"


@dataclass(frozen=True)
class Line:
    """A line of a table or plot: its label, the pairs of its corpora, and its values by column, a value a seed."""

    label: str
    pairs: Sequence[int]
    values: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Table:
    """The lines of a question, the title of their first column, the level of chance by column, and the seeds asked for.

    A column without a level was not measured.
    """

    first: str
    columns: Sequence[str]
    lines: Sequence[Line]
    chance: Mapping[str, float]
    seeds: int

    def markdown(self) -> str:
        """The table."""
        pairs = any(line.pairs for line in self.lines)
        head = [self.first, *["pairs"] * pairs, *self.columns]
        return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, self._rows(pairs))])

    def _rows(self, pairs: bool) -> Iterator[list[str]]:
        for line in self.lines:
            cells = [value_of(line.values.get(name, ()), self.seeds) for name in self.columns]
            yield [line.label, *[_count(line.pairs)] * pairs, *cells]
        if self.chance:
            levels = [_percent(self.chance[name]) if name in self.chance else "" for name in self.columns]
            yield ["chance", *[""] * pairs, *levels]


def table(question: Question, found: Sequence[Sequence[Result]], seeds: int) -> Table:
    """The table of a question, from the results of each variant, of `seeds` wanted. By language, models are columns."""
    chance = {title: level for title, name in question.columns.items() for level in _chance(name, found)}
    lines = [
        Line(
            variant.label,
            [result.pairs for result in results],
            {title: _values(results, name) for title, name in question.columns.items()},
        )
        for variant, results in zip(question.variants, found, strict=True)
    ]
    straight = Table("trained on", list(question.columns), lines, chance, seeds)
    return _turned(straight) if question.name == "languages" else straight


def _turned(straight: Table) -> Table:
    lines = [
        Line(name, [], {line.label: line.values.get(name, ()) for line in straight.lines}) for name in straight.columns
    ]
    levels = list(straight.chance.values())
    columns = [line.label for line in straight.lines]
    return Table("language", columns, lines, {name: mean(levels) for name in columns if levels}, straight.seeds)


def _values(results: Sequence[Result], name: str) -> list[float]:
    return [result.measures[name] for result in results if name in result.measures]


def _chance(name: str, found: Sequence[Sequence[Result]]) -> Iterator[float]:
    level = f"{name.rpartition('_')[0]}_chance" if name.endswith("_r10") else f"{name}_chance"
    values = [value for results in found for value in _values(results, level)]
    if values:
        yield mean(values)


def value_of(values: Sequence[float], seeds: int) -> str:
    """A mean and its range, such as `31.0 % (29.5 to 33.1)`; the number of seeds where some are missing."""
    if not values:
        return NOT_MEASURED
    few = f", {len(values)} of {seeds} seeds" if len(values) < seeds else ""
    if len(values) == 1:  # there is no range
        return f"{_percent(values[0])} ({f'1 of {seeds} seeds' if few else 'one seed'})"
    return f"{_percent(mean(values))} ({100 * min(values):.1f} to {100 * max(values):.1f}{few})"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _count(pairs: Sequence[int]) -> str:
    return f"{max(pairs):,}" if pairs else NOT_MEASURED


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
