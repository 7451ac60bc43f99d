"""The head of the page: the run's name, its main figures, how it was made, and what a reader should know first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.files import is_local
from pipeline.page.markup import shortened, tag
from pipeline.page.parts import accent, figure
from pipeline.report.about import about
from pipeline.report.funnel import share

LONGEST_NAME = 60


def whole_path(root: str) -> str:
    """The path of the folder that a run is in, whichever way it is written."""
    return os.path.abspath(root) if is_local(root) else root.rstrip("/")


def folder_name(root: str) -> str:
    """The name of the folder that a run is in, whichever way its path is written."""
    return whole_path(root).rpartition("/")[2] or root


def title(root: str) -> str:
    """The name of the run in the folder `root`, short enough for a heading."""
    return shortened(folder_name(root), LONGEST_NAME)


def header(root: str, funnel: Mapping[str, Any], manifest: Mapping[str, Any], command: str) -> Element:
    """The head of the page of the run in the folder `root`, made by `command` (empty: not known)."""
    raw, kept = funnel["raw"], funnel["kept"]
    figures = [
        figure("raw pairs", f"{raw:,}"),
        figure("dropped", f"{raw - kept:,}", share(raw - kept, raw), **accent(raw - kept)),
        figure("kept", f"{kept:,}", share(kept, raw)),
        figure("records", f"{funnel['records']:,}"),
    ]
    return tag(
        "header",
        tag("p", "Report of a subset" if "parent" in manifest else "Corpus report", class_="overline"),
        tag("h1", title(root), " ", tag("small", f"corpus {shortened(manifest['config']['name'], LONGEST_NAME)}")),
        tag("dl", *figures, class_="figures"),
        *_notes(funnel),
        about(manifest, command),
    )


def _notes(funnel: Mapping[str, Any]) -> Iterator[Element]:
    if parent := funnel.get("parent"):
        yield tag("p", f"Taken from the {parent['kept']:,} kept of {parent['raw']:,} raw pairs.", class_="note")
    if limit := funnel.get("limit"):
        yield tag("p", f"Only the first {limit:,} pairs of each input file were read (--limit={limit}).", class_="note")
    counts = {
        "Kept pairs without a record, as their image is not part of the input": funnel["kept"] - funnel["records"],
        "Input files that could not be read and were skipped": funnel.get("skipped_files", 0),
        "Pairs with a key that another pair has too": funnel["duplicate_keys"],
    }
    for says, count in counts.items():
        if count:
            yield tag("p", f"{says}: {count:,}.", class_="note")
    errors = {error: count for error, count in (funnel.get("image_errors") or {}).items() if count}
    if errors:
        listed = ", ".join(f"{count:,} {error}" for error, count in errors.items())
        yield tag("p", f"Images that can’t be decoded: {listed}.", class_="note")
