"""The index of pictures by what a trained model makes of them: read, embedded and written in parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.commands.train.embed.index import (
    FACTS,
    FAISS,
    PICTURES,
    VECTORS,
    Index,
    check_faiss,
    write_faiss,
    write_index,
)
from pipeline.commands.train.embed.indexing import write_parts
from pipeline.commands.train.embed.options import Options
from pipeline.commands.train.embed.parts import NAMED, Note, Parts
from pipeline.commands.train.embed.pictures import files_of, tasks_of_records
from pipeline.commands.train.material import find_shards, load_model
from pipeline.files import Output, read_bytes
from pipeline.inputs import BadFile, InputError
from pipeline.inputs.pictures import Task, find_tasks
from pipeline.inputs.sources import check_output
from pipeline.outputs.manifest import digest
from pipeline.printable import tell
from pipeline.storage.markers import forget_lost
from pipeline.storage.overwriting import make_room
from train.errors import TrainingError

MANY = 1_000_000  # pictures
PLAN = "work/plan.json"
OVERWRITTEN = (FACTS, VECTORS, PICTURES, FAISS)


def run(options: Options) -> None:
    """Makes an index, or what is missing of it, and tells what it holds. Raises InputError, TrainingError."""
    if options.faiss:
        check_faiss("--faiss")
    try:
        index = make_index(options)
    except BadFile as error:
        raise TrainingError(str(error)) from error
    if options.faiss and not index.has_faiss:
        write_faiss(index)
    _tell(index)


def make_index(options: Options) -> Index:
    """The index that is asked for, made where it isn't there yet. Raises InputError, BadFile."""
    tasks, output = _tasks(options), Output(options.output)
    trained = load_model(options.model)
    make_room(output, OVERWRITTEN, options.overwrite)
    files = [(source.name, source.size) for source in files_of(tasks)]
    plan = {"model": trained.weights, "width": trained.width, "files": len(files), "sha256": digest(files)}
    if _is_there(output, FACTS, plan):
        forget_lost(output, {FACTS: (VECTORS, PICTURES)})
    if not output.has(FACTS):
        if not _is_there(output, PLAN, plan):
            output.write_bytes(PLAN, json.dumps(plan).encode())
        parts = Parts(output)
        write_parts(parts, tasks, trained)
        counts = _counts(parts.notes())
        if not counts["pictures"]:
            output.clear_work()
            raise InputError(f"images: none of {counts['bad']:,} pictures can be read{_such(counts['named'])}")
        write_index(parts, {**plan, **counts})
    output.clear_work()
    return Index.open(options.output)


def _tasks(options: Options) -> Sequence[Task]:
    if options.records is not None:
        return tasks_of_records(find_shards(options.records).paths)
    check_output(options.output, options.images)
    return find_tasks(options.images)


def _is_there(output: Output, name: str, plan: Mapping[str, Any]) -> bool:
    """Returns whether the output holds a whole or partial index of this plan. Raises InputError for another plan's."""
    if not output.has(name):
        return False
    held = json.loads(read_bytes(output.path(name)))
    differences = [field for field, value in plan.items() if held.get(field) != value]
    if differences:
        what = "by another model" if held.get("model") != plan["model"] else "of other files"
        raise InputError(f"output: {output.root} holds an index {what}; --overwrite replaces it")
    return True


def _counts(notes: Sequence[Note]) -> dict[str, Any]:
    """Sums up the parts."""
    good, bad = sum(note.good for note in notes), sum(note.bad for note in notes)
    return {"pictures": good, "bad": bad, "named": [name for note in notes for name in note.named][:NAMED]}


def _such(named: Sequence[str]) -> str:
    return f", such as {named[0]}" if named else ""


def _bad(facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"embed: {facts['bad']:,} pictures can't be read:"
    yield from (f"  {name}" for name in facts["named"])
    if facts["bad"] > len(facts["named"]):
        yield f"  and {facts['bad'] - len(facts['named']):,} more"


def _tell(index: Index) -> None:
    facts = index.facts
    if facts["bad"]:
        tell(*_bad(facts))
    if facts["pictures"] > MANY and not index.has_faiss:
        says = "every search reads all vectors; with --faiss the same command makes it faster, and not quite exact"
        tell(f"embed: {says}")
    tell(f"{index.folder.root}: {facts['pictures']:,} pictures, vectors of {facts['width']:,}", error=False)
