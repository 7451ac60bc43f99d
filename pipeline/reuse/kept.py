"""Index, sorted runs and evaluation index that a run with `--keep_work` leaves, and the note of what they are made."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pipeline.files import Output, is_local, read_bytes
from pipeline.filesystems import filesystem
from pipeline.inputs import InputError
from pipeline.outputs.manifest import digest
from pipeline.storage.evaluation import EVAL_WORK
from pipeline.storage.groups import Group
from pipeline.storage.plan import INDEX_FOLDER, MARKERS, Plan, Shard
from pipeline.storage.runs import RUNS

KEPT = "work/kept.json"
FOLDERS = (INDEX_FOLDER, MARKERS.gathered, RUNS)
PAGE_READERS = ("selectolax", "FastWARC", "ada-url")


def note_kept(output: Output, keep: bool, compositions: Sequence[str | None], parts: int) -> None:
    """Writes the note: the composition of each sorted run, the number of hash ranges, and versions.

    Removes it if nothing is to be kept.
    """
    if not keep:
        output.remove(output.path(KEPT))
        return
    content = {"groups": compositions, "parts": parts, "page_readers": page_readers()}
    output.write_bytes(KEPT, json.dumps(content).encode())


def read_kept(output: Output) -> dict[str, Any] | None:
    """Reads the note; None where a run kept nothing. Raises InputError."""
    if not output.has(KEPT):
        return None
    try:
        content: dict[str, Any] = json.loads(read_bytes(output.path(KEPT)))
    except ValueError as error:
        raise InputError(f"reuse: {output.path(KEPT)} is damaged; remove it to reuse all but the index") from error
    return content


def page_readers() -> dict[str, str | None]:
    """Returns the versions of the packages that read pages; None for one that isn't installed."""
    return {name: _version(name) for name in PAGE_READERS}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def compositions(
    groups: Sequence[Group], plan: Plan, inputs: Sequence[Mapping[str, Any]], counted: Sequence[Any]
) -> list[str | None]:
    """Identifies what each sorted run is counted from: rows of input files, and the settings `counted`.

    None where the images of a file lie beside it: they may change while the file stays. `inputs` are the entries of
    the run's identity, by number.
    """

    def rows(shard: Shard) -> tuple[Any, ...]:
        entry = inputs[shard.source.number]
        return entry["name"], entry["size"], entry["fingerprint"], shard.first, shard.rows, shard.has_images

    return [
        None
        if any(shard.source.number in plan.beside for shard in shards)
        else digest([[rows(shard) for shard in shards], counted])[:32]
        for _, shards in groups
    ]


def kept_bytes(output: Output) -> int:
    """Returns the size of what is kept."""
    if is_local(output.root):
        names = [name for folder in FOLDERS for name in output.names(folder)]
        return sum(os.path.getsize(output.path(name)) for name in (*names, *filter(output.has, EVAL_WORK)))
    patterns = [output.path(name) for name in (*(f"{folder}/*" for folder in FOLDERS), *EVAL_WORK)]
    found = filesystem(output.root).match(patterns)
    return sum(entry.size_in_bytes for files in found for entry in files.metadata_list)


def described_kept(output: Output) -> str:
    """Returns the line that says what a finished run kept."""
    if not output.has(KEPT):
        return f"keep_work: {output.root} was finished without it, and its work is gone; --overwrite makes both again"
    return f"keep_work: {kept_bytes(output):,} bytes in {output.path('work')}, for --reuse={output.root}"
