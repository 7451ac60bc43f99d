"""Pass 3: measures and judges every pair of a shard; kept pairs become records, and all pairs get a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa

from filters import SIGNALS, failures, first_failures, reasons
from filters.signals import needs_pixels
from pipeline.config import Config
from pipeline.earlier.judged import judged_before
from pipeline.earlier.run import EarlierRun
from pipeline.earlier.take import taken_columns
from pipeline.engines.gathering import gather_after
from pipeline.engines.progress import Meter
from pipeline.files import Output
from pipeline.formats import FORMATS, RECORDS, VERDICTS
from pipeline.measure.close_calls import CloseCalls
from pipeline.measure.examples import Examples
from pipeline.measure.header import image_ids
from pipeline.measure.image_errors import count_errors, header_errors
from pipeline.measure.images import Columns, ImageOutputs, ShardImages
from pipeline.measure.measures import load_measures, search_of
from pipeline.measure.own import own_signals
from pipeline.measure.text import load_counts, measure_text
from pipeline.outputs.formats.pairs import pairs_of_columns
from pipeline.outputs.formats.shards import open_shards
from pipeline.outputs.verdicts import carried_columns, verdicts, write_verdicts
from pipeline.report.histograms import count_shard
from pipeline.reuse.take import TakingSignals, facts_of
from pipeline.statistics.shard import Pairs, shard_statistics
from pipeline.storage.for_report import EXAMPLES, NOTES, small_files
from pipeline.storage.plan import Shard
from pipeline.storage.shards import full_keys, load
from vocab.buffers import one_array
from vocab.hashing import hash_strings


def needed_by_notes(names: Iterable[str], formats: Sequence[str]) -> dict[str, list[str]]:
    """Maps the completion marker of each of these output shards to the files that it vouches for."""
    return {
        f"{NOTES}/{name}.json": [
            *(FORMATS[one].file(name) for one in formats),
            VERDICTS.file(name),
            f"{EXAMPLES}/{name}.parquet",
        ]
        for name in names
    }


@dataclass(frozen=True)
class Emission:
    """Parameters of the emit pass."""

    output: Output
    config: Config
    carried: pa.Schema
    meter: Meter
    earlier: EarlierRun | None = None  # its counts and judgements apply, and those of pass 2 don't
    reuse: TakingSignals | None = None  # the signals of a finished run

    @property
    def judged(self) -> tuple[str, ...]:
        """The reasons of rules that the earlier run judged."""
        return self.earlier.codes if self.earlier else ()


@dataclass(frozen=True, eq=False)
class Judged:
    """The pairs of a shard, judged by the rules with these `codes`."""

    codes: list[str]
    failed: np.ndarray  # bool (pairs, rules)
    first: np.ndarray  # int (pairs,): the number of the first rule that a pair fails, -1 for a kept one
    verdicts: pa.Table

    @property
    def drops(self) -> dict[str, np.ndarray]:
        """The pairs that fail each rule, bool (pairs,)."""
        return {code: self.failed[:, number] for number, code in enumerate(self.codes)}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Counts of the kept pairs and, by code, of the pairs with it as first, as any and as only reason."""
        kept, *firsts = np.bincount(self.first + 1, minlength=len(self.codes) + 1).tolist()
        anywhere = [int(np.count_nonzero(column)) for column in self.failed.T]
        only = self.failed[np.count_nonzero(self.failed, axis=1) == 1].sum(axis=0).tolist()
        return {
            "kept": kept,
            "first_reason": dict(zip(self.codes, firsts, strict=True)),
            "any_reason": dict(zip(self.codes, anywhere, strict=True)),
            "only_reason": dict(zip(self.codes, only, strict=True)),
        }


@dataclass(eq=False)
class EmitCorpus(beam.PTransform[beam.PCollection[Shard], beam.PCollection[str]]):
    """Shards to record shards and verdict shards; the output collection holds the names of completion markers."""

    emission: Emission
    shards: int = 0  # of more than a block, small files are gathered

    def expand(self, shards: beam.PCollection[Shard]) -> beam.PCollection[str]:
        spread = shards | "SpreadShards" >> beam.Reshuffle()
        markers: beam.PCollection[str] = spread | "Emit" >> beam.Map(emit_shard, self.emission)
        kinds = small_files(self.emission.config.name)
        gather_after(markers, self.emission.output, [*kinds.values()], self.shards)
        return markers


def emit_shard(shard: Shard, emission: Emission) -> str:
    """Writes the records and verdicts of a shard, then a completion marker with counts; returns the marker's name."""
    name = shard.output_name(emission.config.name)
    note = f"{NOTES}/{name}.json"
    if not emission.output.has(note):
        content = _emit(shard, name, emission)
        emission.output.write_bytes(note, json.dumps(content).encode())
    return note


def _emit(shard: Shard, name: str, emission: Emission) -> dict[str, Any]:
    output, config = emission.output, emission.config
    columns = measured_columns(shard, emission)
    own = own_signals(config.filters.own(), columns, shard, emission.carried)
    examples = Examples(hash_strings(columns["key"]), shard.total)
    images = columns["image_hash"].fill_null(0).to_numpy()
    close_calls = CloseCalls(images, shard.total, search_of(config), config.dedup.embedding.min_cosine)
    with open_shards(output, name, config.output.formats, kept_fields(shard, columns, emission)) as written:
        if shard.has_images:
            columns |= _process_images(shard, columns, own, emission, ImageOutputs(written, examples, close_calls))
    judged = _judge(shard, columns, own, emission)
    if not shard.has_images:
        examples.choose(judged.first)
        emission.meter.add(shard.rows, shard.rows)
    examples.write(output, name, judged.verdicts, config.filters.own())
    close_calls.write(output, name, judged.verdicts)
    hashes = {"text": columns["text_hash"].to_numpy(), "image_id": images}
    pairs = Pairs(judged.verdicts, judged.failed, judged.summary, hashes, columns.get("format"))
    return {
        **judged.summary,
        "rows": shard.rows,
        "image_errors": count_errors(columns["image_error"]) if shard.has_images else None,
        "histograms": count_shard(config.filters.all(), columns | own, judged.drops),
        **written.note(),
        "audit": bool(close_calls.chosen),
        "statistics": shard_statistics(pairs, config.report.identify),
        "verdicts_sha256": write_verdicts(output, VERDICTS.file(name), judged.verdicts),
    }


def _process_images(shard: Shard, columns: Columns, own: Columns, emission: Emission, outputs: ImageOutputs) -> Columns:
    """Measures the images, and writes those of kept pairs; returns the columns that pixels give."""
    known = facts_of(shard, columns["image_id"], emission.reuse)
    images = ShardImages(shard, columns, emission.config.input, emission.meter, own, known)
    return images.process(load_measures(emission.output, emission.config, emission.judged), outputs)


def _judge(shard: Shard, columns: Columns, own: Columns, emission: Emission) -> Judged:
    """Judges the pairs by all rules."""
    rules = judged_before(emission.config.filters.enabled(), emission.judged)
    failed = failures(rules, columns | own, shard.rows)
    first = first_failures(failed)
    judged = {"kept": pa.array(first < 0), "reasons": reasons(rules, failed)}
    table = verdicts(shard, columns | judged, emission.carried)
    return Judged([rule.reason for rule in rules], failed, first, table)


def measured_columns(shard: Shard, emission: Emission) -> Columns:
    """Returns all columns of a shard's pairs; signals that need pixels are null."""
    pairs = load(emission.output, shard)
    columns: Columns = {column: one_array(pairs[column]) for column in pairs.column_names}
    columns["image_id"] = image_ids(columns)
    columns["key"] = full_keys(columns["key"], shard)
    columns["image_error"] = header_errors(columns, emission.config.filters.undecodable.max_pixels)
    if emission.earlier:
        columns |= taken_columns(emission.output, shard)
    else:
        columns |= measure_text(columns, load_counts(emission.output), emission.config.text)
    return columns | {name: pa.nulls(shard.rows, SIGNALS[name].type) for name in SIGNALS if needs_pixels(name)}


def kept_fields(shard: Shard, columns: Columns, emission: Emission) -> pa.Table:
    """Returns what goes with an image into the formats of the corpus; records have no passthrough columns."""
    if emission.config.output.formats == (RECORDS,):
        return pairs_of_columns(columns, None)
    return pairs_of_columns(columns, carried_columns(shard, columns, emission.carried))
