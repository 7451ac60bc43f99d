"""The account of a fetch: funnel.json, manifest.json, report.html, and the table on the terminal."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.commands.fetch.shard import FOLDER
from pipeline.commands.fetch.summary import total
from pipeline.config import Config
from pipeline.files import Output
from pipeline.identity import FUNNEL, MANIFEST, REPORT
from pipeline.outputs.manifest import json_file
from pipeline.page.markup import serialized
from pipeline.printable import tell
from pipeline.report.funnel import share
from pipeline.storage.markers import read_json_files

if TYPE_CHECKING:
    from pipeline.commands.fetch.options import Options


def finish(output: Output, config: Config, this: dict[str, Any], seconds: dict[str, float]) -> None:
    """Adds up the shards, and writes the account; the report comes last."""
    from pipeline.commands.fetch.page import page

    notes = read_json_files([output.path(name) for name in output.names(FOLDER, ".json")])
    funnel = total(notes) | {"seconds": seconds}
    named = ("rows", "urls", "images", "tar_sha256", "status_sha256")
    manifest = this | {
        "turn": max(note["turn"] for note in notes),
        "settings": dataclasses.asdict(config.fetch),
        "versions": {"align-corpus": __version__, "python": platform.python_version()},
        "shards": [{name: note[name] for name in named} for note in notes],
    }
    output.write_bytes(FUNNEL, json_file(funnel))
    output.write_bytes(MANIFEST, json_file(manifest))
    output.write_bytes(REPORT, serialized(page(output.root, funnel, manifest)))


def print_statuses(funnel: Mapping[str, Any], options: Options) -> None:
    """Prints URLs and rows by status, and what to type next."""
    tell(*table(funnel), error=False)
    tell(f"{options.output}/report.html shows it with the hosts", error=False)
    counts = f" --counts={run}" if Output(run := options.run.inputs[0]).has(MANIFEST) else ""
    tell(f"next: python -m pipeline --input='{options.output}/*.tar'{counts} --output=DIR", error=False)


def table(funnel: Mapping[str, Any]) -> Iterator[str]:
    """The statuses of a fetch as a table for a terminal."""
    urls, width = funnel["urls"], max(map(len, ("status", *funnel["status_urls"])))
    yield f"{'status'.ljust(width)}  {'URLs':>12}  {'of all':>7}  {'rows':>12}"
    for status, count in funnel["status_urls"].items():
        yield f"{status.ljust(width)}  {count:>12,}  {share(count, urls):>7}  {funnel['status_rows'][status]:>12,}"
    yield f"{'all'.ljust(width)}  {urls:>12,}  {share(urls, urls):>7}  {funnel['rows']:>12,}"
