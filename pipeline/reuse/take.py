"""The pass that makes one sorted table of the facts of a finished run's images, which the emit pass looks up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsList

from pipeline.engines.created import spread
from pipeline.engines.progress import Meter
from pipeline.files import Output, local_copy, read_bytes
from pipeline.reuse.facts import Facts, combine, count_facts, keys_of, pack, unpack
from pipeline.reuse.signals import Signals, ids_of, read_facts
from pipeline.storage.plan import Shard
from pipeline.storage.ranges import join_parts, merge_part, parts_for
from pipeline.storage.runs import PAIRS, read_run, write_ranges
from vocab.lookup import SortedTable

FOLDER = "work/reuse"


@dataclass(frozen=True)
class TakingSignals:
    """Parameters of the pass, and where its files are."""

    signals: Signals
    fingerprints: tuple[str, ...]  # of this run's input files, by number
    output: Output
    meter: Meter

    @property
    def parts(self) -> int:
        """Number of hash ranges."""
        return parts_for(self.signals.pairs)

    def name(self, kind: str, number: int | None = None) -> str:
        """The file of this kind, of one shard or range."""
        ending = "" if number is None else f"-{number:06d}"
        return f"{FOLDER}/{self.signals.name}/{kind}{ending}"

    def names(self, kind: str, numbers: int) -> list[str]:
        """The files of this kind."""
        return [self.name(kind, number) for number in range(numbers)]

    def count(self) -> dict[str, int] | None:
        """Returns the number of images by kind of fact, None while the pass is not done."""
        note = self.name("done.json")
        if not self.output.has(note) or not self.output.has(self.name("table")):
            return None
        counts: dict[str, int] = json.loads(read_bytes(self.output.path(note)))
        return counts


@dataclass(eq=False)
class TakeSignals(beam.PTransform[beam.PCollection[int], beam.PCollection[str]]):
    """Numbers of verdict shards to the table of their facts; the output collection holds its marker's name."""

    taking: TakingSignals

    def expand(self, shards: beam.PCollection[int]) -> beam.PCollection[str]:
        taking, pipeline = self.taking, shards.pipeline
        read = shards | "SpreadVerdicts" >> beam.Reshuffle() | "Facts" >> beam.Map(write_facts, taking)
        parts = spread(pipeline, "Parts", range(taking.parts))
        merged = parts | "Merge" >> beam.Map(_merge, taking, AsList(read))
        note: beam.PCollection[str] = (
            pipeline | "Once" >> beam.Create([None]) | "Join" >> beam.Map(_join, taking, AsList(merged))
        )
        return note


def write_facts(number: int, taking: TakingSignals) -> int:
    """Writes the facts of a verdict shard, sorted; returns its number."""
    name, shard = taking.name("entries", number), taking.signals.shards[number]
    if not taking.output.has(name):
        write_ranges(taking.output, name, pack(*read_facts(shard, taking.signals)), taking.parts)
    taking.meter.add(shard.rows, shard.rows)
    return number


def _merge(part: int, taking: TakingSignals, read: list[int]) -> int:
    merge_part(
        taking.output, taking.name("part", part), taking.names("entries", len(read)), part, taking.parts, combine
    )
    return part


def _join(_: None, taking: TakingSignals, merged: list[int]) -> str:
    join_parts(taking.output, taking.name("table"), taking.names("part", len(merged)))
    values = read_run(local_copy(taking.output.path(taking.name("table"))), PAIRS)[1]
    note = taking.name("done.json")
    taking.output.write_bytes(note, json.dumps(count_facts(values)).encode())
    return note


def facts_of(shard: Shard, image_ids: pa.StringArray, taking: TakingSignals | None) -> Facts:
    """Returns the facts of a shard's pairs."""
    if taking is None or shard.identified_by is None:
        return Facts.none(shard.rows)
    ids = ids_of(image_ids, shard.identified_by, taking.fingerprints[shard.source.number], shard.first)
    values = load_table(taking.output.path(taking.name("table"))).counts_of(keys_of(ids), 0)
    return unpack(ids, values.view(np.uint64))


@lru_cache(maxsize=1)
def load_table(path: str) -> SortedTable:
    """Opens the table, with values as int64, which a lookup returns bit by bit; cached per process."""
    hashes, values = read_run(local_copy(path), PAIRS)
    return SortedTable(hashes, values.view(np.int64))
