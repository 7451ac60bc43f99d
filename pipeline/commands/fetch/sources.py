"""The input of a fetch: the kept pairs of a run, or any table."""

from __future__ import annotations

import os
from typing import Any

from pipeline.commands.fetch.rows import RowTask
from pipeline.commands.fetch.tables import open_urls
from pipeline.config import Options
from pipeline.files import Output, is_local
from pipeline.filesystems import filesystem
from pipeline.formats import VERDICTS
from pipeline.identity import FORMAT, FUNNEL, MANIFEST, RUN, entry
from pipeline.inputs import BadFile, InputError, Source, Span, find_sources
from pipeline.outputs.manifest import digest, read_manifest
from pipeline.storage.plan import BadInputs

ROWS_PER_TASK = 500_000
TURNS = "work/shards.json"  # of a store
# Settings that identify an unfinished fetch; pace and patience may change.
FIXED = ("robots", "opt_out", "max_bytes", "redirects", "allow_private", "verify")


def row_tasks(options: Options) -> tuple[dict[str, Any], list[RowTask]]:
    """Returns the identity of a fetch, and the parts in which its rows are read. Raises InputError, BadInputs."""
    (given,) = options.inputs
    settings = {name: getattr(options.config.fetch, name) for name in FIXED}
    if any(map(Output(given).has, (MANIFEST, RUN, FUNNEL))):
        manifest = _manifest(given)
        names = [shard["name"] for shard in manifest["shards"]]
        run = {"run": digest([shard["verdicts_sha256"] for shard in manifest["shards"]])}
        tasks = [_of_verdicts(number, Output(given), name) for number, name in enumerate(names)]
        return {"format": FORMAT, **run, "fetch": settings}, tasks
    sources = find_sources(options.inputs)
    tasks = []
    for source in sources:
        for span in _spans(source, options):
            tasks.append(RowTask(len(tasks), source, span, max(source.size, 1)))
    return {"format": FORMAT, "inputs": [entry(source) for source in sources], "fetch": settings}, tasks


def _manifest(run: str) -> dict[str, Any]:
    try:
        return read_manifest(Output(run))
    except InputError as error:
        what = "is a store of fetch: give the run that it was fetched for, or --input takes its tars"
        if not Output(run).has(TURNS):
            what = "holds no finished run of python -m pipeline, whose kept pairs are fetched"
        raise InputError(f"{run} {what}") from error


def _of_verdicts(number: int, run: Output, name: str) -> RowTask:
    path = run.path(VERDICTS.file(name))
    size = os.path.getsize(path) if is_local(path) else filesystem(path).match([path])[0].metadata_list[0].size_in_bytes
    return RowTask(number, Source(number, path, name, size, 0), None, max(size, 1))


def _spans(source: Source, options: Options) -> list[Span]:
    try:
        return open_urls(source, options.config.input)[0].spans(ROWS_PER_TASK)
    except BadFile as error:
        raise BadInputs(f"{source.path}: {error.reason}") from error
