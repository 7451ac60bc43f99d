"""Pass 1: reads every input file once, and writes what the other passes need to small columnar files, the index.

Only the headers of images are parsed, and their bytes are not copied. A task is a range of rows of one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import apache_beam as beam
import pyarrow as pa

from pipeline.engines.gathering import gather_after
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.inputs import BadFile, Input, Reader, Source, Span, open_source
from pipeline.inputs.limit import first_pairs
from pipeline.measure.header import measure
from pipeline.reuse.kept_index import KeptIndex
from pipeline.storage.plan import MARKERS, TaskNote, note_bad, shard_name
from pipeline.storage.shards import read_shard

ROWS_PER_TASK = 500_000  # a larger file is read by several workers; its shards are the same
_SHARD_BYTES = 256 << 20  # bytes of a shard, which every pass holds in memory
_TEXT_BYTES = 48 << 20  # bytes of its texts: their n-grams take ten times as much


class IndexTask(NamedTuple):
    """A range of whole shards of one file."""

    source: Source
    span: Span
    work: int  # its share of the file's bytes


@dataclass(eq=False)
class IndexInputs(beam.PTransform[beam.PCollection[Source], beam.PCollection[str]]):
    """Sources to index shards; the output collection holds the names of the completion markers, one a task."""

    output: Output
    settings: Input
    meter: Meter
    kept: KeptIndex | None = None  # of a finished run
    files: int = 0  # of more than a block, the markers are gathered

    def expand(self, sources: beam.PCollection[Source]) -> beam.PCollection[str]:
        markers: beam.PCollection[str] = (
            sources
            | "SpreadFiles" >> beam.Reshuffle()
            | "Split" >> beam.FlatMap(split_source, self.output, self.settings, self.kept).with_output_types(IndexTask)
            | "SpreadTasks" >> beam.Reshuffle()
            | "Index" >> beam.Map(index_task, self.output, self.settings, self.meter)
        )
        gather_after(markers, self.output, [MARKERS], self.files)
        return markers


def split_source(source: Source, output: Output, settings: Input, kept: KeptIndex | None = None) -> Iterator[IndexTask]:
    """Splits a file into tasks: ranges of whole shards that can be read independently.

    With a limit it is one task, which stops there. For a bad file, writes a note and yields no task; nor for a file
    whose index a finished run kept.
    """
    try:
        reader = open_source(source, settings)
        if kept and kept.take(source, reader, output):
            return
        spans = reader.spans(ROWS_PER_TASK) if settings.limit is None else [Span()]
    except BadFile as error:
        note_bad(output, source, error)
        return
    for span in spans:
        first, last = _whole_shards(span, settings.rows_per_shard)
        if last is None or first < last:
            yield IndexTask(source, Span(first, last), source.size // len(spans))


def _whole_shards(span: Span, rows: int) -> tuple[int, int | None]:
    """Moves both ends of a span to shard borders: a shard that two spans share belongs to the first."""
    return -(-span.first // rows) * rows, None if span.last is None else -(-span.last // rows) * rows


def index_task(task: IndexTask, output: Output, settings: Input, meter: Meter) -> str:
    """Writes the missing index shards of `task`, then its completion marker; returns the marker's name."""
    source, span, work = task
    note = TaskNote(source.number, span.first)
    if output.has(note.name):
        return note.name
    done = _Done(meter, work)
    try:
        reader = open_source(source, settings)
        for first, table in _shards(reader, span, output, settings, done):
            note.add(first, table)
        note.finish(output, reader)
    except BadFile as error:
        note_bad(output, source, error)
    done.add(0, work)
    return note.name


def _shards(reader: Reader, span: Span, output: Output, settings: Input, done: _Done) -> Iterator[tuple[int, pa.Table]]:
    """Writes each shard as soon as it is whole, and yields its first row and its table."""
    rows_per_shard = settings.rows_per_shard
    shard = _ShardFile(output, reader, span.first)
    first = span.first
    for batch in first_pairs(reader.batches(span), settings.limit):
        for piece in _cut(batch, shard.rows, rows_per_shard, reader.one_shard):
            shard.add(piece)
            if not reader.one_shard:
                shard.check(first)
            done.add(len(piece), reader.position)
            if shard.rows == rows_per_shard and not reader.one_shard:
                yield first, shard.finish()
                first += shard.rows
                shard = _ShardFile(output, reader, first)
    if shard.rows or first == 0:
        yield first, shard.finish()


@dataclass
class _Done:
    """Reports the pairs and bytes of a task that are done: in all no more bytes than `work`."""

    meter: Meter
    work: int
    reported: int = 0

    def add(self, pairs: int, position: int) -> None:
        """Reports more pairs; `position` counts bytes since the task began."""
        more = max(min(position, self.work) - self.reported, 0)
        self.meter.add(pairs, more)
        self.reported += more


class _ShardFile:
    """One index shard while it is written. If a killed run already finished the shard, its rows are only counted."""

    def __init__(self, output: Output, reader: Reader, first: int) -> None:
        self.output, self.reader, self.name = output, reader, shard_name(reader.source.number, first)
        self.is_there = output.has(self.name)
        self.parts: list[pa.Table] = []
        self.rows = self.bytes = self.text_bytes = 0

    def add(self, piece: pa.Table) -> None:
        self.rows += len(piece)
        if not self.is_there:
            self.parts.append(measure(piece, self.reader.has_images))
            self.bytes += self.parts[-1].nbytes
            self.text_bytes += self.parts[-1]["text"].nbytes

    def check(self, first: int) -> None:
        """Raises BadFile if the rows from `first` on are too large for one shard."""
        for size, most, what in (
            (self.text_bytes, _TEXT_BYTES, "texts"),
            (self.bytes, _SHARD_BYTES, "texts and fields"),
        ):
            if size > most:
                pairs = f"{self.rows:,} pairs from pair {first + 1:,} on hold {what} of over {most:,} bytes"
                help_ = f"input.rows_per_shard={max(self.rows * most // size // 2, 1)} makes smaller shards"
                raise BadFile(self.reader.source.path, f"{pairs}, the limit of a shard; {help_}")

    def finish(self) -> pa.Table:
        """Writes the shard if it is missing; returns its table."""
        if self.is_there:
            return read_shard(self.output, self.name)
        table = pa.concat_tables(self.parts)
        options = pa.ipc.IpcWriteOptions(use_threads=False)  # uncompressed: memory-mapped twice, then deleted
        with self.output.write(self.name) as file, pa.ipc.new_file(file, table.schema, options=options) as writer:
            writer.write_table(table.combine_chunks())
        return table


def _cut(batch: pa.Table, rows: int, rows_per_shard: int, one_shard: bool) -> Iterator[pa.Table]:
    """Cuts a batch at shard borders; the shard that it continues holds `rows` rows already."""
    if one_shard or not len(batch):
        yield batch
        return
    begin = 0
    while begin < len(batch):
        end = min(len(batch), begin + rows_per_shard - (rows + begin) % rows_per_shard)
        yield batch.slice(begin, end - begin)
        begin = end
