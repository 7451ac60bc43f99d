"""The rows of a fetch: read once from a run's verdicts or a table, and kept in the order of their hosts.

All URLs of a host are in one shard, so that politeness needs no state between workers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.signals import SIGNALS
from pipeline.commands.fetch.host_names import hash_hosts
from pipeline.commands.fetch.tables import open_urls
from pipeline.engines.progress import Meter
from pipeline.files import Output, is_local, local_copy, open_file, read_many
from pipeline.inputs import Input, Source, Span, carried_columns
from pipeline.inputs.canonical import escaped
from pipeline.inputs.row_keys import row_keys
from pipeline.outputs.verdicts import fit
from pipeline.storage.plan import unify
from vocab.buffers import one_array

FOLDER = "work/rows"
OURS = ("key", "source", "url", "text")  # the first columns of rows
GIVEN = ("status", "http_code", "final_url", "bytes", "sha256", "tries")  # columns of answers
_HOST, _ROW = "host hash", "row number"  # of a file of rows
_TAKEN = (*OURS, *GIVEN, _HOST, _ROW)


@dataclass(frozen=True)
class RowTask:
    """A part of the input: a span of a table's file, or a verdict shard of a run."""

    number: int
    source: Source
    span: Span | None  # None: the file is a verdict shard, of which kept pairs count
    work: int

    @property
    def name(self) -> str:
        """The file of its rows."""
        return f"{FOLDER}/{self.number:06d}.arrow"

    @property
    def note(self) -> str:
        """The completion marker, which is the number of its rows."""
        return f"{FOLDER}/{self.number:06d}.json"


def write_rows(task: RowTask, output: Output, settings: Input, meter: Meter) -> str:
    """Writes the rows of a task, sorted by the hash of their host, and their number; returns the marker's name."""
    if not output.has(task.note):
        tables = list(rows_of(task, settings))
        schema = unify([table.schema for table in tables])
        table = pa.concat_tables(_cast(table, schema) for table in tables).combine_chunks()
        hosts = hash_hosts(one_array(table["url"]))
        order = np.argsort(hosts, kind="stable")
        rows = pa.array(np.arange(len(table)))
        table = table.append_column(_HOST, pa.array(hosts)).append_column(_ROW, rows).take(pa.array(order))
        with output.write(task.name) as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        output.write_bytes(task.note, json.dumps(len(table)).encode())
    meter.add(row_count(output, [task]), task.work)
    return task.note


def row_count(output: Output, tasks: Sequence[RowTask]) -> int:
    """Returns the number of rows of finished tasks, from their completion markers."""
    return sum(map(json.loads, read_many([output.path(task.note) for task in tasks])))


def rows_of(task: RowTask, settings: Input) -> Iterator[pa.Table]:
    """Yields the rows of a task in order: OURS, then the passthrough columns."""
    return _kept(task) if task.span is None else _given(task, task.span, settings)


def _kept(task: RowTask) -> Iterator[pa.Table]:
    """The kept pairs of a verdict shard, with their passthrough columns."""
    with open_file(task.source.path) as file:
        table = pq.read_table(file, use_threads=False)
    table = table.filter(pc.equal(pc.list_value_length(table["reasons"]), 0))
    carried = {name: table[name] for name in table.column_names if name not in SIGNALS}
    columns = {name: table[name].cast(pa.string()) for name in OURS}
    columns["text"] = escaped(one_array(columns["text"]))
    yield pa.table(columns | named(_sizes(table) | carried))


def _given(task: RowTask, span: Span, settings: Input) -> Iterator[pa.Table]:
    """The rows of a table, with their passthrough columns."""
    first = span.first
    reader, has_texts = open_urls(task.source, settings)
    for batch in reader.batches(span):
        keys = row_keys(task.source.name, first, len(batch))
        columns = {
            "key": pc.coalesce(one_array(batch["key"]), keys),
            "source": pa.repeat(task.source.name, len(batch)),
            "url": batch["url"],
            "text": _text(one_array(batch["text"])) if has_texts else pa.nulls(len(batch), pa.string()),
        }
        yield pa.table(columns | named(_sizes(batch) | carried_columns(batch)))
        first += len(batch)


def _text(texts: pa.BinaryArray) -> pa.StringArray:
    try:
        return texts.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8
        values = [None if text is None else text.decode("utf-8", "replace") for text in texts.to_pylist()]
        return pa.array(values, pa.string())


def _sizes(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The sizes of images that an input has, which are passthrough columns of a fetch."""
    names = [name for name in ("width", "height") if name in table.column_names]
    return {name: table[name] for name in names if table[name].null_count < len(table)}


def named(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Passthrough columns with names beside ours and those of answers: prefixed until no other column has the name."""
    result: dict[str, Any] = {}
    for name, column in columns.items():
        new = name
        while new in _TAKEN or new in result or (new != name and new in columns):
            new = f"input_{new}"
        result[new] = column
    return result


def shards_for(rows: int) -> int:
    """Number of shards: tars of up to 10,000 images, but enough small ones for some workers."""
    return max(1, -(-rows // 10_000), min(32, -(-rows // 500)))


def rows_of_shard(output: Output, tasks: int, shard: int, shards: int) -> pa.Table:
    """The rows of all hosts of a shard, in the order of the input."""
    parts = [_of_hosts(_read(output, f"{FOLDER}/{task:06d}.arrow"), shard, shards) for task in range(tasks)]
    schema = unify([part.schema for part in parts])
    return pa.concat_tables(_cast(part, schema) for part in parts).combine_chunks()


def _cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with all columns of `schema`, in its types; those that it lacks are null."""
    present = set(table.column_names)
    columns = [
        fit(table[item.name], item.type) if item.name in present else pa.nulls(len(table), item.type) for item in schema
    ]
    return pa.table(columns, schema=schema)


def _of_hosts(table: pa.Table, shard: int, shards: int) -> pa.Table:
    begin, end = (_first(table, bound, shards) for bound in (shard, shard + 1))
    part = table.slice(begin, end - begin)
    order = pc.sort_indices(part[_ROW]) if len(part) else pa.array([], pa.uint64())
    return part.take(order).drop_columns([_HOST, _ROW])


def _first(table: pa.Table, shard: int, shards: int) -> int:
    """The first row of shards from `shard` on: shards are equal ranges of hashes."""
    if shard == shards:
        return len(table)
    return int(np.searchsorted(one_array(table[_HOST]).to_numpy(), np.uint64((shard << 64) // shards)))


def _read(output: Output, name: str) -> pa.Table:
    path = output.path(name)
    with pa.memory_map(path if is_local(path) else local_copy(path)) as file:
        return pa.ipc.open_file(file).read_all()
