"""The rows of a fetch: read once from a run's verdicts or a table, and kept in the order of their hosts.

All URLs of a host are in one shard, so that politeness needs no state between workers.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.signals import SIGNALS
from pipeline.commands.fetch.host_names import hash_hosts
from pipeline.commands.fetch.tables import open_urls
from pipeline.engines.progress import Meter
from pipeline.files import Output, is_local, local_copy, open_file
from pipeline.inputs import Input, Source, Span, carried_columns
from pipeline.inputs.row_keys import row_keys
from vocab.buffers import one_array

FOLDER = "work/rows"
OURS = ("key", "source", "url", "text")  # the first columns of rows
GIVEN = ("status", "http_code", "final_url", "bytes", "sha256", "tries")  # columns of answers
_HOST, _ROW = "host hash", "row number"


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


def write_rows(task: RowTask, output: Output, settings: Input, meter: Meter) -> int:
    """Writes the rows of a task, sorted by the hash of their host; returns their number."""
    if not output.has(task.name):
        table = pa.concat_tables(rows_of(task, settings), promote_options="default").combine_chunks()
        hosts = hash_hosts(one_array(table["url"]))
        order = np.argsort(hosts, kind="stable")
        rows = pa.array(np.arange(len(table)))
        table = table.append_column(_HOST, pa.array(hosts)).append_column(_ROW, rows).take(pa.array(order))
        with output.write(task.name) as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    count = len(read_rows(output, task.name))
    meter.add(count, task.work)
    return count


def rows_of(task: RowTask, settings: Input) -> Iterator[pa.Table]:
    """Yields the rows of a task in order: OURS, then the passthrough columns."""
    return _kept(task) if task.span is None else _given(task, task.span, settings)


def _kept(task: RowTask) -> Iterator[pa.Table]:
    """The kept pairs of a verdict shard, with their passthrough columns."""
    with open_file(task.source.path) as file:
        table = pq.read_table(file, use_threads=False)
    table = table.filter(pc.equal(pc.list_value_length(table["reasons"]), 0))
    carried = [name for name in table.column_names if name not in SIGNALS]
    columns = [table[name].cast(pa.string()) for name in OURS]
    columns[OURS.index("text")] = escaped(one_array(columns[OURS.index("text")]))
    yield pa.table([*columns, *(table[name] for name in carried)], names=[*OURS, *map(_named, carried)])


def escaped(texts: pa.StringArray) -> pa.StringArray:
    """Canonical texts in a form whose canonical text they are: one that looks like an entity is escaped."""
    doubtful = pc.match_substring(texts, "&").fill_null(False)
    found = (text if html.unescape(text) == text else text.replace("&", "&amp;") for text in _some(texts, doubtful))
    return pc.replace_with_mask(texts, doubtful, pa.array(found, pa.string()))


def _some(texts: pa.StringArray, which: pa.BooleanArray) -> list[str]:
    found: list[str] = texts.filter(which).to_pylist()
    return found


def _given(task: RowTask, span: Span, settings: Input) -> Iterator[pa.Table]:
    """The rows of a table, with their passthrough columns."""
    first = span.first
    reader, has_texts = open_urls(task.source, settings)
    for batch in reader.batches(span):
        keys = row_keys(task.source.name, first, len(batch))
        carried = carried_columns(batch)
        columns = {
            "key": pc.coalesce(one_array(batch["key"]), keys),
            "source": pa.repeat(task.source.name, len(batch)),
            "url": batch["url"],
            "text": _text(one_array(batch["text"])) if has_texts else pa.nulls(len(batch), pa.string()),
        }
        yield pa.table(columns | {_named(name): column for name, column in carried.items()})
        first += len(batch)


def _text(texts: pa.BinaryArray) -> pa.StringArray:
    try:
        return texts.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8
        values = [None if text is None else text.decode("utf-8", "replace") for text in texts.to_pylist()]
        return pa.array(values, pa.string())


def _named(name: str) -> str:
    """The name of a passthrough column beside ours and those of answers."""
    return f"input_{name}" if name in (*OURS, *GIVEN) else name


def shards_for(rows: int) -> int:
    """Number of shards: tars of up to 10,000 images, but enough small ones for some workers."""
    return max(1, -(-rows // 10_000), min(32, -(-rows // 500)))


def rows_of_shard(output: Output, tasks: int, shard: int, shards: int) -> pa.Table:
    """The rows of all hosts of a shard, in the order of the input."""
    parts = [_of_hosts(read_rows(output, f"{FOLDER}/{task:06d}.arrow"), shard, shards) for task in range(tasks)]
    return pa.concat_tables(parts, promote_options="permissive").combine_chunks()


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


def read_rows(output: Output, name: str) -> pa.Table:
    path = output.path(name)
    with pa.memory_map(path if is_local(path) else local_copy(path)) as file:
        return pa.ipc.open_file(file).read_all()
