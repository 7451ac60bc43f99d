"""Index shards of pass 1 that a finished run kept, for input files that are the same."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.files import Output, read_bytes
from pipeline.inputs import InputError, Reader, Source
from pipeline.inputs.pages.extra import PAGES
from pipeline.inputs.sources import extension
from pipeline.reuse.conditions import index_differs
from pipeline.reuse.kept import page_readers, read_kept
from pipeline.reuse.run import FinishedRun
from pipeline.storage.copies import take_file
from pipeline.storage.gathered import read_small_files
from pipeline.storage.plan import INDEX_FOLDER, MARKERS, TaskNote, shard_name
from pipeline.storage.shards import read_shard

Note = Mapping[str, Any]
BESIDE, READERS, LOST = "images beside the file", "another version of what reads pages", "shards that are missing"


@dataclass(frozen=True)
class KeptFile:
    """An input file as a finished run indexed it: its number there, and the first row of each task."""

    number: int
    tasks: tuple[int, ...]
    has_images: bool
    pairs: int


@dataclass(frozen=True)
class KeptIndex:
    """The files of a finished run whose index is taken over, by the number of the same file here."""

    root: str
    files: Mapping[int, KeptFile] = field(default_factory=dict)

    @property
    def pairs(self) -> int:
        """Number of the pairs of all files."""
        return sum(file.pairs for file in self.files.values())

    def take(self, source: Source, reader: Reader, output: Output) -> bool:
        """Takes over index and completion markers of a file; returns False if it has to be indexed.

        That a table has images may depend on files beside it, so its reader is asked.
        """
        file = self.files.get(source.number)
        if file is None or reader.has_images != file.has_images:
            return False
        for first in file.tasks:
            self._take_task(file.number, source.number, first, output)
        return True

    def _take_task(self, old: int, new: int, first: int, output: Output) -> None:
        run, marker = Output(self.root), TaskNote(new, first).name
        if output.has(marker):
            return
        note = json.loads(read_bytes(run.path(TaskNote(old, first).name)))
        for row, _ in note["shards"]:
            _check_shard(run, shard_name(old, row))
            take_file(run.path(shard_name(old, row)), output, shard_name(new, row))
        output.write_bytes(marker, json.dumps(note | {"file": new}).encode())


def find_index(run: FinishedRun, this: Mapping[str, Any], sources: Sequence[Source]) -> tuple[KeptIndex, list[str]]:
    """Finds the files whose index `run` kept, and lists why others are indexed again."""
    kept = read_kept(Output(run.root))
    if kept is None:
        return KeptIndex(run.root), ["it was made without --keep_work"]
    if causes := index_differs(run, this):
        return KeptIndex(run.root), causes
    there, notes = set(Output(run.root).names(INDEX_FOLDER)), _notes(Output(run.root))
    numbers = {_key(entry): number for number, entry in enumerate(run.manifest["inputs"])}
    files, left = dict[int, KeptFile](), Counter[str]()
    for source, entry in zip(sources, this["inputs"], strict=True):
        if (old := numbers.get(_key(entry))) is None:
            continue
        if cause := _cause(source, notes[old], there, same_readers=kept["page_readers"] == page_readers()):
            left[cause] += 1
        else:
            files[source.number] = _file(old, notes[old])
    return KeptIndex(run.root, files), [f"{count:,} with {cause}" for cause, count in sorted(left.items())]


def _key(entry: Note) -> tuple[Any, ...]:
    return entry["name"], entry["size"], entry["fingerprint"]


def _notes(run: Output) -> Mapping[int, list[Note]]:
    """Reads the completion markers of all tasks, by file."""
    found = defaultdict[int, list[Note]](list)
    for content in read_small_files(run, MARKERS.listed(run)):
        note = _parsed(content, run)
        found[note["file"]].append(note)
    return found


def _check_shard(run: Output, name: str) -> None:
    """Raises InputError for a damaged shard: it would be linked, and stay."""
    try:
        read_shard(run, name, ["text_hash"])
    except (OSError, pa.ArrowException) as error:
        raise _damaged(run.path(name)) from error


def _parsed(content: bytes, run: Output) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise _damaged(f"a file of {run.path(INDEX_FOLDER)}") from error


def _damaged(what: str) -> InputError:
    return InputError(f"reuse: {what} is damaged; remove the folder to reuse all but the index")


def _cause(source: Source, notes: list[Note], there: set[str], *, same_readers: bool) -> str:
    """Returns why the index of a file can't be taken over; empty if it can."""
    if any(note["paths"][0] for note in notes):
        return BESIDE
    if extension(source.path) in PAGES and not same_readers:
        return READERS
    shards = [shard_name(note["file"], first) for note in notes for first, _ in note["shards"]]
    return "" if notes and there.issuperset(shards) else LOST


def _file(number: int, notes: list[Note]) -> KeptFile:
    pairs = sum(rows for note in notes for _, rows in note["shards"])
    return KeptFile(number, tuple(note["first"] for note in notes), notes[0]["has_images"], pairs)
