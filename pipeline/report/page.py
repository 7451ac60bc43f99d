"""The whole page: its head, its contents, its sections, and the settings at its foot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.config import APART
from pipeline.files import Output, read_bytes
from pipeline.outputs.command import read_command
from pipeline.page.markup import serialized, tag
from pipeline.page.parts import contents, document, flat, fold, table
from pipeline.page.thumbnails import share_of
from pipeline.report.chosen_examples import choose_examples
from pipeline.report.close_calls_section import CLOSE_CALLS_STYLE, PICTURES, close_calls_section, read_close_calls
from pipeline.report.described import rules_of
from pipeline.report.earlier_section import earlier_sections
from pipeline.report.funnel_table import funnel_section
from pipeline.report.gallery import gallery_section
from pipeline.report.head import header, title
from pipeline.report.histograms import add_up, with_distance
from pipeline.report.origins_section import origins_sections
from pipeline.report.origins_style import ORIGINS_STYLE
from pipeline.report.signal_cards import signals_section
from pipeline.storage.for_report import NOTES
from pipeline.storage.gathered import read_markers


def write_report(output: Output, counts: list[dict[str, Any]] | None = None) -> None:
    """Writes `report.html` beside the other files of a finished run. Raises OSError if one of them is missing.

    `counts` are the notes of the histograms of all shards, added up; without them the shards' are read.
    """
    funnel, manifest = (_read_json(output, "funnel.json"), _read_json(output, "manifest.json"))
    rules = rules_of(manifest)
    histograms = add_up(rules.values(), _counts_of_shards(output, manifest) if counts is None else [counts])
    examples = choose_examples(output, funnel["first_reason"])
    close_calls = read_close_calls(output)
    thumbnails = [row["thumbnail"] for group in examples.values() for row in group.rows]
    most = share_of([*thumbnails, *(row[name] for row in close_calls for name in PICTURES)])
    unmeasured = {histogram.rule.reason for histogram in histograms if histogram.never}
    sections = [
        *earlier_sections(funnel, manifest),
        funnel_section(funnel, rules, unmeasured, manifest["config"].get("measure", "needed")),
        signals_section(funnel, rules, with_distance(histograms, manifest["config"])),
        *origins_sections(funnel, manifest["config"].get("report", {}).get("identify", False)),
        gallery_section(funnel, rules, examples, most),
        *([close_calls_section(funnel, manifest["config"], close_calls, most)] if close_calls else []),
    ]
    head = header(output.root, funnel, manifest, read_command(output))
    page = [head, contents(sections), *sections, _footer(manifest)]
    style = (CLOSE_CALLS_STYLE if close_calls else "") + (ORIGINS_STYLE if funnel.get("statistics") else "")
    output.write_bytes("report.html", serialized(document(f"{title(output.root)}: corpus report", page, style)))


def _counts_of_shards(output: Output, manifest: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    for marker in read_markers(output, [f"{NOTES}/{shard['name']}.json" for shard in manifest["shards"]]):
        yield marker["histograms"]


def _read_json(output: Output, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(read_bytes(output.path(name)))
    return content


def _footer(manifest: Mapping[str, Any]) -> Element:
    config = manifest["config"]
    settings = sorted(flat({section: config[section] for section in config if section not in APART}))
    versions = sorted((name, str(version)) for name, version in manifest["versions"].items())
    return tag(
        "footer",
        fold("Settings of this run", table(("Setting", "Value"), settings)),
        fold("Versions", table(("Package", "Version"), versions)),
    )
