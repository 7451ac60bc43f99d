"""The pass that gives every pair the numbers of an earlier run. It replaces the counts of pass 2."""

from __future__ import annotations

import json
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsList

from pipeline.earlier.run import EarlierRun
from pipeline.earlier.table import FOLDER, join_parts, load_pairs, merge_part, parts_of, read_values
from pipeline.engines.created import spread
from pipeline.engines.progress import Meter
from pipeline.files import Output, read_bytes
from pipeline.storage.markers import forget_lost
from pipeline.storage.plan import BadInputs, Plan, Shard
from pipeline.storage.shards import full_keys, load, read_shard
from vocab.buffers import one_array

NOTE = f"{FOLDER}/done.json"


@dataclass(frozen=True)
class Taking:
    """Parameters of the pass."""

    run: EarlierRun
    output: Output
    meter: Meter


@dataclass(eq=False)
class TakeCounts(beam.PTransform[beam.PCollection[Shard], beam.PCollection[str]]):
    """Index shards to files with the numbers of their pairs; the output collection holds the marker's name."""

    taking: Taking

    def expand(self, shards: beam.PCollection[Shard]) -> beam.PCollection[str]:
        run, output, pipeline = self.taking.run, self.taking.output, shards.pipeline
        read = spread(pipeline, "Earlier", range(len(run.shards)))
        values = read | "Values" >> beam.Map(read_values, run, output)
        parts = spread(pipeline, "Parts", range(parts_of(run)))
        merged = parts | "Merge" >> beam.Map(merge_part, run, output, AsList(values))
        table = pipeline | "Once" >> beam.Create([None]) | "Join" >> beam.Map(join_parts, output, AsList(merged))
        taken = shards | "SpreadShards" >> beam.Reshuffle() | "Take" >> beam.Map(take, self.taking, AsList(table))
        note: beam.PCollection[str] = (
            pipeline | "Last" >> beam.Create([None]) | "Note" >> beam.Map(_note, output, AsList(taken))
        )
        return note


def take(shard: Shard, taking: Taking, _: list[None]) -> tuple[int, str]:
    """Writes the earlier run's numbers for the pairs of a shard; returns the pairs that it lacks, and a key of them."""
    taking.meter.add(shard.rows, shard.rows)
    if taking.output.has(taken_name(shard)):
        return 0, ""
    table = load(taking.output, shard, ["key", "url", "text"])
    pairs = {name: one_array(table[name]) for name in table.column_names}
    pairs["key"] = full_keys(pairs["key"], shard)
    earlier = load_pairs(taking.run, taking.output)
    rows = earlier.rows_of(pairs)
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        return len(missing), pairs["key"][missing[0]].as_py()
    values = earlier.values(rows)
    with taking.output.write(taken_name(shard)) as file, pa.ipc.new_file(file, values.schema) as writer:
        writer.write_table(values)
    return 0, ""


def taken_name(shard: Shard) -> str:
    """The file with an earlier run's numbers for the pairs of an index shard."""
    return f"{FOLDER}/{shard.number:06d}.arrow"


def taken_columns(output: Output, shard: Shard) -> dict[str, pa.Array]:
    """The signals that are the earlier run's, and its reasons, of the pairs of a shard."""
    table = read_shard(output, taken_name(shard))
    return {name: one_array(table[name]) for name in table.column_names}


def _note(_: None, output: Output, taken: list[tuple[int, str]]) -> str:
    lacking = sorted((key, count) for count, key in taken if count)
    content = {"missing": sum(count for _, count in lacking), "first": lacking[0][0] if lacking else ""}
    output.write_bytes(NOTE, json.dumps(content).encode())
    return NOTE


def is_taken(output: Output, plan: Plan) -> bool:
    """Returns whether the pass is done, no pair is missing, and all its files exist."""
    forget_lost(output, {NOTE: map(taken_name, plan.shards)})
    return output.has(NOTE)


def check_taken(output: Output, plan: Plan, run: EarlierRun) -> None:
    """Raises BadInputs if the earlier run lacks any pair."""
    found = json.loads(read_bytes(output.path(NOTE)))
    if found["missing"]:
        output.remove(output.path(NOTE))
        raise BadInputs(
            f"counts: {found['missing']:,} of {plan.pairs:,} pairs are not in {run.root}, neither by key nor by "
            f"URL and text, such as {found['first']}; give the run from which their pictures were fetched"
        )
