"""The table of a run's settings beside the paper's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.page.markup import tag
from train.config import Train

COLUMNS = ("Setting", "Here", "The paper")
VOCABULARY = 100_000  # pieces, in the paper
MAIN = ("image.tower", "text.tower", "temperature.start", "optimizer.name", "optimizer.learning_rate", "batch", "steps")
# stated in the paper: also shown if they differ
STATED = (
    "image.tower",
    "image.width",
    "image.resize",
    "image.crop",
    "text.tower",
    "text.length",
    "loss.smoothing",
    "loss.negatives",
    "queue.size",
    "temperature.start",
    "temperature.learned",
    "optimizer.name",
    "optimizer.learning_rate",
    "optimizer.warmup_steps",
    "optimizer.weight_decay",
    "batch",
    "steps",
)
NOTE = (
    "The paper is ALIGN's, and its values are those of its largest model, EfficientNet-L2 with BERT-Large. The main "
    "settings, and all others that the paper gives and that differ from it here."
)
STYLE = """
.settings { width: auto; margin-top: 26px; }
.settings thead { color: var(--soft); font-size: 0.8125rem; }
.settings tbody tr { border-top: 1px solid var(--line); }
.settings th, .settings td { padding: 5px 0; }
.settings td, .settings th + th { text-align: right; padding-left: 56px; }
.settings b { font-weight: 600; }
.settings td:last-child { color: var(--soft); }
@media print { #settings { break-inside: avoid; } }
@media screen and (max-width: 760px) {
  .settings { width: 100%; font-size: 0.875rem; }
  .settings td, .settings th + th { padding-left: 12px; }
}
"""


def settings_section(facts: Mapping[str, Any]) -> Element:
    """The settings of `facts`, what `model.json` holds: bold where they are not the paper's."""
    rows = [_row("pieces of the vocabulary", facts["vocabulary"]["size"], VOCABULARY), *_settings(facts["train"])]
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in COLUMNS)))
    table = tag("table", head, tag("tbody", *rows), class_="settings")
    return tag("section", tag("h2", "Settings"), tag("p", NOTE, class_="note"), table, id="settings")


def _settings(train: Mapping[str, Any]) -> Iterator[Element]:
    paper = dataclasses.asdict(Train())
    for path in STATED:
        here, there = _at(train, path), _at(paper, path)
        if path in MAIN or here != there:
            yield _row(tag("code", path), here, there)


def _at(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree[name]
    return tree


def _row(name: Element | str, here: Any, paper: Any) -> Element:
    value = shown(here) if here == paper else tag("b", shown(here))
    return tag("tr", tag("th", name, scope="row"), tag("td", value), tag("td", shown(paper)))


def shown(value: Any) -> str:
    """A setting in few characters: whole numbers with commas, other numbers as short as they are exact."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else value
