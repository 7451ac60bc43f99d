"""Results on evaluation sets beside the numbers of ALIGN's paper, as lines of text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from train.evaluation.kinds import KINDS, EvaluationSet
from train.evaluation.published import ALIGN, Published
from train.measures.result import Line, Measured

HEADINGS = ("set", "pictures", "measure", "ours", "chance", "ALIGN", "")
FIRST = 100  # skipped items listed by name


@dataclass(frozen=True)
class Outcome:
    """A set, and its measures, or why there are none: its files aren't there (`missing`), or something is wrong."""

    name: str
    settings: EvaluationSet
    measured: Measured | None = None
    missing: str = ""
    failed: str = ""

    def published(self, line: Line) -> Published | None:
        """The paper's numbers of a measure."""
        return ALIGN.get(self.settings.paper, {}).get(line.name)


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """A line a measure; in percent."""
    rows = [HEADINGS, *(row for outcome in outcomes for row in _rows(outcome))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def numbers(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The results as JSON: measures from 0 to 1, the paper's in percent, settings, and everything skipped."""
    return {outcome.name: _tree(outcome) for outcome in outcomes}


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    if outcome.measured is None:
        yield outcome.name, "", "not there" if outcome.missing else "failed", "", "", "", ""
        return
    for number, line in enumerate(outcome.measured.lines):
        published = outcome.published(line)
        first = (outcome.name, _pictures(outcome.measured)) if number == 0 else ("", "")
        yield (
            *first,
            f"{line.name} {'/'.join(line.labels)}".replace("/R@", "/"),
            _percents(100 * value for value in line.values),
            _percents(100 * value for value in line.chance[:1]),
            _percents(published.values if published else ()),
            published.where if published else "",
        )


def _pictures(measured: Measured) -> str:
    return f"{measured.counts['pictures']:,}" if "pictures" in measured.counts else ""


def _percents(values: Any) -> str:
    return " ".join(f"{value:5.1f}" for value in values)


def _tree(outcome: Outcome) -> dict[str, Any]:
    kind = next(name for name, kind in KINDS.items() if kind is type(outcome.settings))
    tree: dict[str, Any] = {"kind": kind, "settings": asdict(outcome.settings)}
    if outcome.measured is None:
        return tree | ({"not_there": outcome.missing} if outcome.missing else {"failed": outcome.failed})
    lines = {line.name: _line(line, outcome.published(line)) for line in outcome.measured.lines}
    left_out = {
        what: {"count": len(names), "first": names[:FIRST]} for what, names in outcome.measured.left_out.items()
    }
    rest = {"left_out": left_out, "notes": outcome.measured.notes}
    return tree | {"counts": dict(outcome.measured.counts), "measures": lines} | rest


def _line(line: Line, published: Published | None) -> dict[str, Any]:
    tree: dict[str, Any] = {"ours": _named(line.labels, line.values)}
    if line.chance:
        tree["chance"] = _named(line.labels, line.chance)
    if published:
        tree["align"] = {**_named(line.labels, published.values), "where": published.where}
    return tree


def _named(labels: Sequence[str], values: Sequence[float]) -> Mapping[str, float | None]:
    return {label: None if math.isnan(value) else value for label, value in zip(labels, values, strict=False)}
