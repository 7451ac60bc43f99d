"""Ten queries among the held-out pictures: by text, and by a picture plus and minus a text."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.evidence.cells import Cell
from bench.evidence.corpora import held_out
from bench.evidence.tables import NOT_MEASURED
from bench.evidence.training import Plan
from bench.figures import Figure
from bench.measure import measure, python

ANSWERS = "search.csv"
COLUMNS = ("query", "rank", "picture", "text")
SHOWN = 5


@dataclass(frozen=True)
class Query:
    """A text, or a picture below the folder of pictures with a text that is added and one that is subtracted."""

    text: str
    picture: str = ""
    plus: str = ""
    minus: str = ""

    def options(self, pictures: Path) -> list[str]:
        """The query as `python -m train search` takes it."""
        if not self.picture:
            return [f"--text={self.text}"]
        return [f"--image={pictures / self.picture}", f"--plus={self.plus}", f"--minus={self.minus}"]


QUERIES = (
    Query("red flag with a white cross"),
    Query("musical instrument"),
    Query("a green tree"),
    Query("fish in the sea"),
    Query("face with glasses"),
    Query("a car on the road"),
    Query("cup with a hot drink"),
    Query("red car, plus blue, minus red", "twemoji/1f697.jpg", "blue", "red"),
    Query("red heart, plus green, minus red", "twemoji/2764.jpg", "green", "red"),
    Query("cat face, plus dog, minus cat", "twemoji/1f431.jpg", "dog", "cat"),
)


def search(plan: Plan, cell: Cell) -> Iterator[Figure]:
    """Searches by the model of a cell, and writes the nearest pictures as data; their pages are beside the index."""
    folder, pictures = plan.model(cell).parent, plan.material.pictures
    index, model = folder / "index", plan.model(cell)
    table = held_out(plan.material)
    measure(
        *python("-m", "train", "embed", f"--images={table}", f"--model={model}", f"--output={index}", "--overwrite")
    )
    there = [query for query in QUERIES if not query.picture or (pictures / query.picture).exists()]
    rows = list[tuple[str, int, str, str]]()
    for number, query in enumerate(there):
        found = folder / "found" / f"{number:02}.json"
        found.parent.mkdir(exist_ok=True)
        options = (f"--index={index}", f"--model={model}", *query.options(pictures), f"--output={found}")
        measure(*python("-m", "train", "search", *options))
        rows.extend((query.text, *hit) for hit in _hits(found))
    _write(plan.results.with_name(ANSWERS), rows)
    yield Figure(f"search: queries, pages in {folder / 'found'}", len(there))


def _hits(found: Path) -> Iterator[tuple[int, str, str]]:
    hits = json.loads(found.read_text())["queries"][0]["pictures"]
    for rank, hit in enumerate(hits[:SHOWN], start=1):
        yield rank, hit["name"], hit["texts"][0] if hit["texts"] else ""


def _write(path: Path, rows: list[tuple[str, int, str, str]]) -> None:
    partial = path.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(rows)
    partial.rename(path)


def answers_to_queries(path: Path) -> str:
    """A Markdown table of the nearest pictures to each query, by their first text."""
    lines = ["| query | nearest of the held-out pictures |", "|---|---|"]
    found = dict[str, list[str]]()
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["query"], []).append(row["text"] or row["picture"])
    lines += [f"| {query.text} | {'; '.join(found.get(query.text, [NOT_MEASURED]))} |" for query in QUERIES]
    return "\n".join(lines)
