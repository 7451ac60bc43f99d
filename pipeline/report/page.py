"""The page as a whole: its head, its three parts, and the settings at its foot. The same run gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from pipeline.funnel import share
from pipeline.report.examples import choose_examples
from pipeline.report.funnel_table import funnel_section
from pipeline.report.gallery import gallery_section
from pipeline.report.histograms import add_up
from pipeline.report.markup import serialized, shortened, tag
from pipeline.report.signal_cards import signals_section
from pipeline.report.signals import signals_of
from pipeline.report.style import STYLE
from pipeline.report.wording import rules_of

if TYPE_CHECKING:
    from pipeline.files import Output

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # no script and no network, whatever is inside
INPUTS_SHOWN = 40


def write_report(output: Output) -> None:
    """Writes `report.html` beside the other files of a finished run. Raises OSError where one of them is missing."""
    funnel, manifest = (_read_json(output, "funnel.json"), _read_json(output, "manifest.json"))
    rules = rules_of(manifest["config"])
    histograms = add_up(signals_of(rules), _histogram_notes(output))
    examples = choose_examples(output, funnel["first_reason"])
    unmeasured = {histogram.signal.rule.reason for histogram in histograms if histogram.never}
    sections = [
        _header(funnel, manifest),
        funnel_section(funnel, rules, unmeasured),
        signals_section(funnel, rules, histograms),
        gallery_section(rules, examples),
        _footer(manifest),
    ]
    output.write_bytes("report.html", serialized(_document(manifest["config"]["name"], sections)))


def _histogram_notes(output: Output) -> Iterator[list[dict[str, Any]]]:
    for name in output.names("work/emitted", ".json"):
        yield _read_json(output, name)["histograms"]


def _read_json(output: Output, name: str) -> dict[str, Any]:
    from pipeline.files import read_bytes

    content: dict[str, Any] = json.loads(read_bytes(output.path(name)))
    return content


def _document(name: str, sections: list[Element]) -> Element:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", **{"http-equiv": "Content-Security-Policy"}, content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{shortened(name, 60)}: corpus report"),
        tag("style", STYLE),
    )
    return tag("html", head, tag("body", tag("main", *sections)), lang="en")


def _header(funnel: Mapping[str, Any], manifest: Mapping[str, Any]) -> Element:
    raw, kept = funnel["raw"], funnel["kept"]
    figures = [
        _figure("raw pairs", raw, ""),
        _figure("dropped", raw - kept, share(raw - kept, raw), class_="accent"),
        _figure("kept", kept, share(kept, raw)),
        _figure("records", funnel["records"], ""),
    ]
    return tag(
        "header",
        tag("p", "Corpus report", class_="overline"),
        tag("h1", shortened(manifest["config"]["name"], 60)),
        tag("dl", *figures, class_="figures"),
        *_notes(funnel),
        _inputs(manifest["inputs"]),
    )


def _figure(name: str, count: int, of_raw: str, **attributes: str) -> Element:
    return tag("div", tag("dt", name), tag("dd", f"{count:,}", tag("small", of_raw), **attributes))


def _notes(funnel: Mapping[str, Any]) -> Iterator[Element]:
    counts = {
        "Kept pairs without a record, as their image is not part of the input": funnel["kept"] - funnel["records"],
        "Input files that could not be read and were skipped": funnel.get("skipped_files", 0),
        "Pairs with a key that another pair has too": funnel["duplicate_keys"],
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
    return _fold(f"Made from {len(inputs):,} input {noun}, {byte_size(total)}", _pairs_table(("File", "Size"), rows))


def _footer(manifest: Mapping[str, Any]) -> Element:
    settings = sorted(_flat(manifest["config"]))
    versions = sorted((name, str(version)) for name, version in manifest["versions"].items())
    return tag(
        "footer",
        _fold("Settings of this run", _pairs_table(("Setting", "Value"), settings)),
        _fold("Versions", _pairs_table(("Package", "Version"), versions)),
    )


def _flat(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", json.dumps(value, ensure_ascii=False)


def _fold(summary: str, content: Element) -> Element:
    return tag("details", tag("summary", summary), content)


def _pairs_table(header: tuple[str, str], rows: list[tuple[str, str]]) -> Element:
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in header)))
    body = [
        tag("tr", tag("th", shortened(name, 200), scope="row"), tag("td", shortened(value))) for name, value in rows
    ]
    return tag("table", head, tag("tbody", *body), class_="pairs")


def byte_size(size: float) -> str:
    """A number of bytes in decimal units."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
