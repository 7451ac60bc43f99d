"""The shards of a run: results of pass 1's tasks, put in input order and numbered."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import Output, read_bytes
from pipeline.inputs import BadFile, Reader, Source
from pipeline.storage.gathered import SmallFiles, read_markers

INDEX_FOLDER = "work/index"
INDEXED = f"{INDEX_FOLDER}/done"
MARKERS = SmallFiles(INDEX_FOLDER, ".json")  # of the tasks
CARRIED = "carried:"  # distinguishes a passthrough column from others in the index


def shard_name(file: int, first: int) -> str:
    """The index shard of the rows of input file `file` from row `first`."""
    return f"{INDEX_FOLDER}/{file:06d}-{first:012d}.arrow"


@dataclass
class TaskNote:
    """The completion marker of a task of pass 1, with facts about its rows."""

    file: int
    first: int
    shards: list[tuple[int, int]] = field(default_factory=list)  # first row, rows
    has_keys: bool = False
    claims: bool = False  # an image id of a row is the input's own claim, not the hash of its bytes
    carried: pa.Schema | None = None

    @property
    def name(self) -> str:
        return f"{INDEX_FOLDER}/{self.file:06d}-{self.first:012d}.json"

    def add(self, first: int, table: pa.Table) -> None:
        """Records a written shard."""
        self.shards.append((first, len(table)))
        self.has_keys |= table["key"].null_count < len(table)
        self.claims |= pc.any(table["claimed"]).as_py() or False
        named = [item for item in table.schema if item.name.startswith(CARRIED)]
        self.carried = pa.schema([item.with_name(item.name.removeprefix(CARRIED)) for item in named])

    def finish(self, output: Output, reader: Reader) -> None:
        """Writes the marker, which completes the task."""
        content = {
            "file": self.file,
            "first": self.first,
            "shards": self.shards,
            "has_keys": self.has_keys,
            "has_images": reader.has_images,
            "claims": self.claims,
            "paths": [reader.paths_seen, reader.paths_found],
            "failed_downloads": reader.failed_downloads,
            "pages": dict(reader.pages),
            "looked_in": reader.looked_in,
            "carried": base64.b64encode((self.carried or pa.schema([])).serialize()).decode(),
        }
        output.write_bytes(self.name, json.dumps(content).encode())


def note_bad(output: Output, source: Source, error: BadFile) -> None:
    """Records a bad file, so that the run reports all of them at once."""
    output.write_bytes(f"{INDEX_FOLDER}/{source.number:06d}.bad", json.dumps({"reason": error.reason}).encode())


@dataclass(frozen=True)
class Shard:
    """An input shard, and so an output shard: `rows` consecutive rows of a file from row `first`.

    `identified_by` says how another run knows an image again: by `id`, the hash of its bytes; by `row`, where an id may
    be only claimed and the file holds the images; None without images, or if they lie beside the file.
    """

    number: int
    total: int
    source: Source
    first: int
    rows: int
    has_images: bool
    identified_by: str | None = None

    @property
    def index(self) -> str:
        return shard_name(self.source.number, self.first)

    def output_name(self, corpus: str) -> str:
        """A file name such as align-00000-of-00042."""
        return f"{corpus}-{self.number:05d}-of-{self.total:05d}"


class BadInputs(Exception):
    """Unusable input files, all of them, one per line."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Plan:
    """All shards in input order, the passthrough columns of all files, and whether a key can occur twice."""

    shards: tuple[Shard, ...]
    carried: pa.Schema
    keys_may_repeat: bool
    skipped: dict[str, str]  # source -> reason
    failed_downloads: dict[str, int] = field(default_factory=dict)  # source -> its rows of img2dataset without a pair
    pages: dict[str, int] = field(default_factory=dict)  # counts of all files of pages; empty without such files
    beside: frozenset[int] = frozenset()  # numbers of the files whose images lie beside them

    @property
    def pairs(self) -> int:
        return sum(shard.rows for shard in self.shards)


def note_indexed(output: Output) -> None:
    """Writes the marker of the finished first pass: the names of all its files."""
    output.write_bytes(INDEXED, json.dumps(output.names(INDEX_FOLDER)).encode())


def is_indexed(output: Output) -> bool:
    """Returns whether the first pass is done. Removes its marker, and tasks', if files of theirs are missing."""
    there = set(output.names(INDEX_FOLDER))
    if INDEXED in there and there >= set(json.loads(read_bytes(output.path(INDEXED)) or b'[""]')):
        return True
    names = sorted(name for name in there if name.endswith(MARKERS.ending))
    lost = [INDEXED] if INDEXED in there else []
    for name, note in zip(names, read_markers(output, names), strict=True):
        if not there.issuperset(shard_name(note["file"], first) for first, _ in note["shards"]):
            lost.append(name)
    for name in lost:
        output.remove(output.path(name))
    return False


def forget_bad(output: Output) -> None:
    """Forgets files that were bad in an earlier run, to retry them."""
    for name in output.names(INDEX_FOLDER, ".bad"):
        output.remove(output.path(name))


def make_plan(output: Output, sources: list[Source], skip_bad: bool) -> Plan:
    """The plan of a run with a finished first pass.

    Raises BadInputs that lists every bad file at once, or a table none of whose images exists, or if all rows are
    failed downloads.
    """
    bad = bad_files(output, sources)
    if not skip_bad:
        refuse_bad(bad)
    markers = read_markers(output, MARKERS.listed(output))
    notes = [note for note in markers if sources[note["file"]].path not in bad]
    _check_paths(notes, sources)
    failed = _failed_downloads(notes, sources)
    shards = [
        (sources[note["file"]], first, rows, note["has_images"], identified_by(note))
        for note in notes
        for first, rows in note["shards"]
    ]
    if failed and not any(rows for _, _, rows, *_ in shards):
        raise BadInputs(f"no pair: all {sum(failed.values()):,} rows are downloads of img2dataset that failed")
    names = [source.name for source in sources]
    return Plan(
        shards=tuple(Shard(number, len(shards), *shard) for number, shard in enumerate(shards)),
        carried=unify([pa.ipc.read_schema(pa.py_buffer(base64.b64decode(note["carried"]))) for note in notes]),
        keys_may_repeat=any(note["has_keys"] for note in notes) or len(set(names)) < len(names),
        skipped={source.name: bad[source.path] for source in sources if source.path in bad},
        failed_downloads=failed,
        pages=_pages(notes),
        beside=frozenset(note["file"] for note in notes if note["paths"][0]),
    )


def identified_by(note: dict[str, Any]) -> str | None:
    """Returns `Shard.identified_by` for the rows of a task."""
    if not note["has_images"]:
        return None
    if not note["claims"]:
        return "id"
    return None if note["paths"][0] else "row"


def refuse_bad(bad: dict[str, str]) -> None:
    """Raises BadInputs that lists every bad file at once."""
    if bad:
        raise BadInputs(*(f"{path}: {reason}" for path, reason in bad.items()))


def bad_files(output: Output, sources: list[Source]) -> dict[str, str]:
    """The files recorded as bad: path and reason."""
    bad = {}
    for name in output.names(INDEX_FOLDER, ".bad"):
        source = sources[int(name.removeprefix(INDEX_FOLDER + "/").removesuffix(".bad"))]
        bad[source.path] = json.loads(read_bytes(output.path(name)))["reason"]
    return bad


def _failed_downloads(notes: list[dict[str, Any]], sources: list[Source]) -> dict[str, int]:
    failed: Counter[str] = Counter()
    for note in notes:
        failed[sources[note["file"]].name] += note["failed_downloads"]
    return {name: count for name, count in failed.items() if count}


def _pages(notes: list[dict[str, Any]]) -> dict[str, int]:
    counts = [note["pages"] for note in notes if note["pages"]]
    return {name: sum(count[name] for count in counts) for name in (counts[0] if counts else ())}


def _check_paths(notes: list[dict[str, Any]], sources: list[Source]) -> None:
    seen: dict[int, list[int]] = {}
    looked_in = {note["file"]: note["looked_in"] for note in notes}
    for note in notes:
        seen[note["file"]] = [a + b for a, b in zip(seen.get(note["file"], [0, 0]), note["paths"], strict=True)]
    for file, (paths, found) in seen.items():
        if paths and not found:
            path = sources[file].path
            raise BadInputs(f"{path}: none of its {paths:,} images exists; looked in {looked_in[file]}")


def unify(schemas: list[pa.Schema]) -> pa.Schema:
    """Chooses a type for each passthrough column of all files: a common one if there is one, else a string."""
    types: dict[str, pa.DataType] = {}
    for item in (item for schema in schemas for item in schema):
        types[item.name] = _common(types.get(item.name, item.type), item.type)
    return pa.schema(list(types.items()))


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    schemas = [pa.schema({"column": one}), pa.schema({"column": other})]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field("column").type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.string()
