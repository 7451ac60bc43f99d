"""The whole page: its head, its three parts, and the settings at its foot. Equal runs give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from pipeline.config import LATER
from pipeline.page.markup import serialized, shortened, tag
from pipeline.page.parts import document, figure, flat, fold, pairs_table
from pipeline.page.thumbnails import share_of
from pipeline.report.chosen_examples import choose_examples
from pipeline.report.close_calls_section import CLOSE_CALLS_STYLE, PICTURES, close_calls_section, read_close_calls
from pipeline.report.described import rules_of
from pipeline.report.earlier_section import earlier_sections
from pipeline.report.funnel import share
from pipeline.report.funnel_table import funnel_section
from pipeline.report.gallery import gallery_section
from pipeline.report.histograms import add_up
from pipeline.report.origins_section import origins_sections
from pipeline.report.origins_style import ORIGINS_STYLE
from pipeline.report.signal_cards import signals_section

if TYPE_CHECKING:
    from pipeline.files import Output

INPUTS_SHOWN = 40


def write_report(output: Output) -> None:
    """Writes `report.html` beside the other files of a finished run. Raises OSError if one of them is missing."""
    funnel, manifest = (_read_json(output, "funnel.json"), _read_json(output, "manifest.json"))
    rules = rules_of(manifest)
    histograms = add_up(rules.values(), _histogram_notes(output))
    examples = choose_examples(output, funnel["first_reason"])
    close_calls = read_close_calls(output)
    thumbnails = [row["thumbnail"] for group in examples.values() for row in group.rows]
    most = share_of([*thumbnails, *(row[name] for row in close_calls for name in PICTURES)])
    unmeasured = {histogram.rule.reason for histogram in histograms if histogram.never}
    sections = [
        _header(funnel, manifest),
        *earlier_sections(funnel, manifest),
        funnel_section(funnel, rules, unmeasured),
        signals_section(funnel, rules, histograms),
        *origins_sections(funnel),
        gallery_section(rules, examples, most),
        *([close_calls_section(funnel, manifest["config"], close_calls, most)] if close_calls else []),
        _footer(manifest),
    ]
    title = f"{shortened(manifest['config']['name'], 60)}: corpus report"
    style = (CLOSE_CALLS_STYLE if close_calls else "") + (ORIGINS_STYLE if funnel.get("statistics") else "")
    output.write_bytes("report.html", serialized(document(title, sections, style)))


def _histogram_notes(output: Output) -> Iterator[list[dict[str, Any]]]:
    for name in output.names("work/emitted", ".json"):
        yield _read_json(output, name)["histograms"]


def _read_json(output: Output, name: str) -> dict[str, Any]:
    from pipeline.files import read_bytes

    content: dict[str, Any] = json.loads(read_bytes(output.path(name)))
    return content


def _header(funnel: Mapping[str, Any], manifest: Mapping[str, Any]) -> Element:
    raw, kept = funnel["raw"], funnel["kept"]
    figures = [
        figure("raw pairs", f"{raw:,}"),
        figure("dropped", f"{raw - kept:,}", share(raw - kept, raw), class_="accent"),
        figure("kept", f"{kept:,}", share(kept, raw)),
        figure("records", f"{funnel['records']:,}"),
    ]
    return tag(
        "header",
        tag("p", "Corpus report", class_="overline"),
        tag("h1", shortened(manifest["config"]["name"], 60)),
        tag("dl", *figures, class_="figures"),
        *_notes(funnel),
        _inputs(manifest["inputs"]),
    )


def _notes(funnel: Mapping[str, Any]) -> Iterator[Element]:
    errors = funnel.get("image_errors") or {}
    counts = {
        "Kept pairs without a record, as their image is not part of the input": funnel["kept"] - funnel["records"],
        "Input files that could not be read and were skipped": funnel.get("skipped_files", 0),
        "Pairs with a key that another pair has too": funnel["duplicate_keys"],
        **{f"Images with the error “{error}”": count for error, count in errors.items()},
    }
    for says, count in counts.items():
        if count:
            yield tag("p", f"{says}: {count:,}.", class_="note")


def _inputs(inputs: list[Mapping[str, Any]]) -> Element:
    total = sum(entry["size"] for entry in inputs)
    noun = "file" if len(inputs) == 1 else "files"
    rows = [(entry["name"], byte_size(entry["size"])) for entry in inputs[:INPUTS_SHOWN]]
    if len(inputs) > INPUTS_SHOWN:
        rows.append((f"and {len(inputs) - INPUTS_SHOWN:,} more", ""))
    return fold(f"Made from {len(inputs):,} input {noun}, {byte_size(total)}", pairs_table(("File", "Size"), rows))


def _footer(manifest: Mapping[str, Any]) -> Element:
    config = manifest["config"]
    settings = sorted(flat({section: config[section] for section in config if section not in LATER}))
    versions = sorted((name, str(version)) for name, version in manifest["versions"].items())
    return tag(
        "footer",
        fold("Settings of this run", pairs_table(("Setting", "Value"), settings)),
        fold("Versions", pairs_table(("Package", "Version"), versions)),
    )


def byte_size(size: float) -> str:
    """A number of bytes in decimal units."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
