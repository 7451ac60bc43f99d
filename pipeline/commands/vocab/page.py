"""The page of a vocabulary: how it fits the words that were counted. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.commands.vocab.curve import coverage_section
from pipeline.commands.vocab.language_table import fertility, languages_section, of_words
from pipeline.commands.vocab.piece_lists import pieces_section
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import document, figure, flat, fold, table
from vocab.quality import Quality

INPUTS_SHOWN = 40
STYLE = """
.languages { margin-top: 26px; }
.languages thead th { color: var(--soft); font-size: 0.8125rem; padding: 0 0 8px; }
.languages tbody tr { border-top: 1px solid var(--line); }
.languages tbody th, .languages td { padding: 6px 0; }
.languages tbody th { overflow-wrap: anywhere; }
.languages code, .pieces code, .inputs li { unicode-bidi: isolate; }
.languages th:nth-child(n+3), .languages td:nth-child(n+3) { text-align: right; padding-left: 16px; }
.languages .picture { width: 34%; padding-left: 20px; }
.languages thead th:nth-child(2) { padding-left: 20px; }
.languages .bar { height: 10px; }
.languages .total th, .languages .total td { font-weight: 600; }
.languages .total .keeps { fill: var(--ink); }
.languages .others th { color: var(--soft); }
.key.track::before { background: var(--track); outline: 1px solid var(--line); outline-offset: -1px; }
.wide { max-width: 760px; margin-top: 26px; }
.curve .line { fill: none; stroke: var(--keeps); stroke-width: 1.75; stroke-linejoin: round; }
.curve circle { fill: var(--keeps); }
.curve .border { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 2.5; }
.curve text { font-size: 9px; }
.curve .end { fill: var(--ink); font-size: 12px; font-weight: 600; }
.pieces { list-style: none; margin: 12px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 3px 14px; }
.pieces li { min-width: 0; overflow-wrap: anywhere; line-height: 1.5; }
.inputs li { overflow-wrap: anywhere; }
.pieces small { color: var(--soft); font-variant-numeric: tabular-nums; }
footer .note { max-width: none; overflow-wrap: anywhere; }

@media screen and (max-width: 760px) {
  .languages { font-size: 0.8125rem; }
  .languages .picture, .languages thead th:nth-child(2) { display: none; }
  .languages th:nth-child(n+3), .languages td:nth-child(n+3) { padding-left: 10px; }
  .curve text { font-size: 15px; }
  .curve .end { font-size: 17px; }
}
"""


def vocabulary_page(facts: Mapping[str, Any], quality: Quality) -> bytes:
    """The page as UTF-8: `facts` is what `vocab.json` holds, `quality` the fit of the vocabulary to all words."""
    sections = [
        _header(facts, quality),
        languages_section(quality),
        coverage_section(quality),
        pieces_section(quality),
        _footer(facts),
    ]
    return serialized(document(f"{_name(facts['corpus'])}: vocabulary report", sections, STYLE))


def _name(corpus: Mapping[str, Any]) -> str:
    """The name of the corpus; of other inputs that of the only file, or their number."""
    inputs = corpus.get("inputs", [])
    if len(inputs) == 1:
        return shortened(inputs[0].rstrip("/").rpartition("/")[2], 60)
    return shortened(corpus.get("name") or f"{len(inputs):,} inputs", 60)


def _header(facts: Mapping[str, Any], quality: Quality) -> Element:
    total, counts = quality.total, facts["counts"]
    figures = [
        figure("pieces", f"{facts['size']:,}", f"profile {facts['profile']}"),
        figure("distinct words", f"{counts['distinct']:,}", f"of {total.words:,} in {counts['texts']:,} texts"),
        figure("fertility", fertility(total), "pieces a word"),
        figure("whole words", of_words(total.whole, total), f"{total.whole:,}"),
        figure("unknown words", of_words(total.unknown, total), f"{total.unknown:,}", **_accent(total.unknown)),
    ]
    return tag(
        "header",
        tag("p", "Vocabulary report", class_="overline"),
        tag("h1", _name(facts["corpus"])),
        tag("dl", *figures, class_="figures"),
        tag("p", _learned(counts), class_="note"),
        *_inputs(facts["corpus"].get("inputs", [])),
    )


def _accent(count: int) -> dict[str, str]:
    return {"class_": "accent"} if count else {}


def _learned(counts: Mapping[str, int]) -> str:
    return (
        f"Learned from {counts['learned_from']:,} of {counts['distinct']:,} distinct words, and spelled with "
        f"{counts['alphabet']:,} of their {counts['characters']:,} characters. Words are all tokens here, "
        "punctuation too."
    )


def _inputs(inputs: list[str]) -> Iterator[Element]:
    if inputs:
        names = inputs[:INPUTS_SHOWN] + [f"and {len(inputs) - INPUTS_SHOWN:,} more"] * (len(inputs) > INPUTS_SHOWN)
        noun = "input" if len(inputs) == 1 else "inputs"
        items = [tag("li", shortened(name)) for name in names]
        yield fold(f"Made from {len(inputs):,} {noun}", tag("ul", *items, class_="inputs"))


def _footer(facts: Mapping[str, Any]) -> Element:
    settings = {"profile": facts["profile"], "size": facts["size"], **facts["settings"]}
    return tag(
        "footer",
        fold("Settings of this vocabulary", table(("Setting", "Value"), sorted(flat(settings)))),
        tag("p", "SHA-256 of vocab.txt: ", tag("code", facts["sha256"]), class_="note"),
    )
