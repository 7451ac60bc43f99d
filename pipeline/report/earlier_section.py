"""The first part of the page of a run with --counts: the earlier run's funnel, from the raw pairs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.page.markup import tag
from pipeline.report.described import rules_of
from pipeline.report.funnel import share
from pipeline.report.funnel_table import funnel_table

EXPLANATION = (
    "Counts are over the raw pairs, so this run took words, texts_of_image, images_of_text and rare_ngram of each pair "
    "from the run over all of them, and did not judge the rules on them again."
)
BY_URL = (
    "The earlier run had no images and told them apart by their URLs; this run tells them apart by their content. "
    "So texts_of_image counts the alt-texts of a URL, and can be lower than a count over all copies of the image."
)


def earlier_sections(funnel: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Element]:
    """The sections of the earlier runs, the first one first; none for a run without --counts."""
    if not (before := funnel.get("earlier")):
        return []
    about = manifest["earlier"]
    notes = [EXPLANATION, *([BY_URL] if before["records"] < before["kept"] else []), _came_with_images(funnel, before)]
    section = tag(
        "section",
        tag("h2", "The run before: from raw pairs to images worth fetching"),
        *(tag("p", note, class_="note") for note in notes),
        funnel_table(before, rules_of(about), links=False),
        id=f"earlier-{_depth(before)}",
    )
    return [*earlier_sections(before, about), section]


def _came_with_images(funnel: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    raw, kept = funnel["raw"], before["kept"]
    return f"It kept {kept:,} pairs, and {raw:,} pairs ({share(raw, kept)}) are the input of this run."


def _depth(funnel: Mapping[str, Any]) -> int:
    return 1 + _depth(funnel["earlier"]) if "earlier" in funnel else 0
