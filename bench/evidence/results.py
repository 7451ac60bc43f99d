"""The measures of all finished cells: a row each in a CSV, which is committed as measured data."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.evidence.emoji import LANGUAGES

RANKS = ("r1", "r5", "r10", "chance")
PAIRED = ("drawings", "style", *(f"style_{language}" for language in LANGUAGES))
MEASURES = (
    *(f"{name}_{direction}_{rank}" for name in PAIRED[:2] for direction in ("i2t", "t2i") for rank in RANKS),
    *(f"{name}_count" for name in PAIRED[:2]),
    *(f"{name}_t2i_{rank}" for name in ("planted", "unplanted") for rank in RANKS),
    *("zero_shot", "zero_shot_chance"),
    *(f"{name}_{direction}_{rank}" for name in PAIRED[2:] for direction in ("i2t", "t2i") for rank in RANKS),
    *(f"{name}_count" for name in PAIRED[2:]),
)
FACTS = ("cell", "corpus", "settings", "seed", "steps", "pairs", "seconds")


@dataclass(frozen=True)
class Result:
    """A cell's key, what it was, the pairs of its corpus, its CPU seconds, and its measures by name."""

    cell: str
    corpus: str
    settings: str
    seed: int
    steps: int
    pairs: int
    seconds: float
    measures: dict[str, float]


def read(path: Path) -> dict[str, Result]:
    """The results in a file by their cells; none without the file."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["cell"]: _result(row) for row in csv.DictReader(file)}


def write(path: Path, results: Sequence[Result]) -> None:
    """Writes all results, in the order of their cells: numbers of four digits, nothing for what wasn't measured."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    used = [name for name in MEASURES if any(name in result.measures for result in results)]
    rows.writerow([*FACTS, *used])
    for result in sorted(results, key=lambda result: result.cell):
        facts = [getattr(result, name) for name in FACTS]
        rows.writerow([*facts, *(_number(result.measures.get(name)) for name in used)])
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(text.getvalue(), encoding="utf-8")
    partial.rename(path)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _result(row: dict[str, str]) -> Result:
    measures = {name: float(value) for name, value in row.items() if name not in FACTS and value}
    return Result(
        row["cell"],
        row["corpus"],
        row["settings"],
        int(row["seed"]),
        int(row["steps"]),
        int(row["pairs"]),
        float(row["seconds"]),
        measures,
    )
