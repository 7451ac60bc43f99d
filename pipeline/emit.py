"""Pass 3: every pair of a shard is measured and judged; what is kept becomes a record, and all get a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.evaluation import EvalIndex
from filters import reasons
from filters.pixels import Picture, Undecodable
from filters.porn import Scorer, load_scorer
from pipeline.config import Config
from pipeline.evaluation import EVAL_INDEX
from pipeline.examples import KEPT, THUMBNAIL_SIDE, Examples
from pipeline.files import Output, open_file
from pipeline.inputs import open_source
from pipeline.pixels import Measures, PixelSignals, measure_pixels
from pipeline.plan import Shard
from pipeline.progress import Meter
from pipeline.records import RecordShard
from pipeline.shards import full_keys, load
from pipeline.signals import load_counts, measure_text
from pipeline.verdicts import verdicts, write_verdicts
from vocab.hashing import hash_strings

NOTES = "work/emitted"
METER_STEP = 64  # images

Columns = dict[str, pa.Array | pa.ChunkedArray]


@dataclass(frozen=True)
class Emission:
    """What pass 3 knows besides its shard."""

    output: Output
    config: Config
    carried: pa.Schema
    meter: Meter


@dataclass(eq=False)
class EmitCorpus(beam.PTransform):
    """Shards to record shards and verdict shards; the output holds the names of their notes."""

    emission: Emission

    def expand(self, shards: beam.PCollection[Shard]) -> beam.PCollection[str]:
        return shards | "SpreadShards" >> beam.Reshuffle() | "Emit" >> beam.Map(emit_shard, self.emission)


def emit_shard(shard: Shard, emission: Emission) -> str:
    """Writes the records and verdicts of a shard, and then a note of what they hold; returns the note's name."""
    name = shard.output_name(emission.config.name)
    note = f"{NOTES}/{name}.json"
    if not emission.output.has(note):
        content = _emit(shard, name, emission)
        emission.output.write_bytes(note, json.dumps(content).encode())
    return note


def _emit(shard: Shard, name: str, emission: Emission) -> dict[str, Any]:
    output, config = emission.output, emission.config
    rules = config.filters.enabled()
    columns = measured_columns(shard, emission)
    examples = Examples(hash_strings(columns["key"]), shard.total)
    with RecordShard(output, f"corpus/{name}.tfrecord") as records:
        if shard.has_images:
            columns |= _see_images(shard, columns, emission, records, examples)
    why = reasons(rules, columns, shard.rows)
    table = verdicts(shard, columns | {"reasons": why}, emission.carried)
    if not shard.has_images:
        _choose_examples(examples, first_reasons(why))
    examples.write(output, name, table)
    return {
        **_summary([rule.reason for rule in rules], why),
        "rows": shard.rows,
        "records": records.count,
        "bytes": records.bytes,
        "corpus_sha256": records.sha256,
        "verdicts_sha256": write_verdicts(output, f"verdicts/{name}.parquet", table),
    }


def measured_columns(shard: Shard, emission: Emission) -> Columns:
    """All columns of a shard's pairs that need no pixel; those that do are null."""
    pairs = load(emission.output, shard)
    columns: Columns = {column: pairs[column].combine_chunks() for column in pairs.column_names}
    columns["key"] = full_keys(columns["key"], shard)
    columns |= measure_text(pairs, load_counts(emission.output), emission.config.text.profile)
    late = {"eval_match": pa.string(), "eval_distance": pa.int32(), "porn_score": pa.float64()}
    return columns | {column: pa.nulls(shard.rows, kind) for column, kind in late.items()}


def _see_images(
    shard: Shard, columns: Columns, emission: Emission, records: RecordShard, examples: Examples
) -> Columns:
    """Measures what needs pixels, writes the records of what is kept; returns the columns that pixels give."""
    measures = load_measures(emission.output, emission.config)
    first = first_reasons(reasons(measures.rules, columns, shard.rows))
    _choose_examples(examples, first, pixels_to_come=True)
    signals = PixelSignals(columns["decodable"].to_numpy(zero_copy_only=False).copy())
    asked = signals.decodable & (measures.everything | pc.is_null(pa.array(first, pa.string())).to_numpy(zero_copy_only=False))
    asked[examples.rows] |= signals.decodable[examples.rows]
    rows = np.flatnonzero(asked)
    images = _metered(_read(shard, columns, rows, emission), shard.rows - len(rows), emission.meter)
    for row, picture, reason in measure_pixels(images, rows, _known(columns), signals, measures):
        if reason is None:
            reason = _record(row, picture, columns, signals, records)
        if examples.wants(reason or KEPT, row):
            examples.add(reason or KEPT, row, _thumbnail(picture))
    return signals.columns(measures.index)


def _read(shard: Shard, columns: Columns, rows: np.ndarray, emission: Emission) -> Iterator[bytes | None]:
    wanted = pa.table({column: columns[column] for column in ("image_path", "offset", "length")}).take(rows)
    reader = open_source(shard.source, emission.config.input)
    return reader.images(wanted.append_column("row", pa.array(rows + shard.first)))


def _metered(images: Iterator[bytes | None], others: int, meter: Meter) -> Iterator[bytes | None]:
    meter.add(others, others)
    count = 0
    try:
        for count, image in enumerate(images, 1):
            yield image
            if count % METER_STEP == 0:
                meter.add(METER_STEP, METER_STEP)
    finally:  # whoever reads stops at the last image, not after it
        meter.add(count % METER_STEP, count % METER_STEP)


def _known(columns: Columns) -> pa.Table:
    names = ("image_hash", "width", "height", "texts_of_image", "images_of_text", "rare_ngram", "words")
    return pa.table({name: columns[name] for name in names})


def _record(
    row: int, picture: Picture | None, columns: Columns, signals: PixelSignals, records: RecordShard
) -> str | None:
    """Writes the record of a kept pair; what can't be decoded whole after all is dropped here."""
    try:
        assert picture is not None, "a pair is kept only once it was decoded"
        records.add(picture.record_bytes(), {name: columns[name][row].as_py() for name in RecordShard.COLUMNS})
        return None
    except Undecodable:
        signals.decodable[row] = False
        return "undecodable"


def _thumbnail(picture: Picture | None) -> bytes | None:
    try:
        return picture.thumbnail(THUMBNAIL_SIDE) if picture is not None else None
    except Undecodable:
        return None


def first_reasons(why: pa.ListArray) -> np.ndarray:
    """The first reason of each pair, None where it is kept: object (pairs,)."""
    first = np.full(len(why), None, object)
    dropped = pc.list_value_length(why).to_numpy() > 0
    first[dropped] = pc.list_element(why.filter(pa.array(dropped)), 0).to_pylist()
    return first


def _choose_examples(examples: Examples, first: np.ndarray, *, pixels_to_come: bool = False) -> None:
    """Candidates among what is dropped so far; their thumbnails come when their images are seen.

    What is not dropped so far is kept, but where pixels are to come that is not known yet.
    """
    for group in set(first.tolist()) - ({None} if pixels_to_come else set()):
        examples.choose(group or KEPT, np.flatnonzero(first == group))


def _summary(codes: list[str], why: pa.ListArray) -> dict[str, Any]:
    first = first_reasons(why).tolist()
    everything = why.flatten().to_pylist()
    return {
        "kept": first.count(None),
        "first_reason": {code: first.count(code) for code in codes},
        "any_reason": {code: everything.count(code) for code in codes},
    }


@lru_cache(maxsize=1)
def load_measures(output: Output, config: Config) -> Measures:
    """What measures pixels, loaded once a process."""
    filters = config.filters
    index: EvalIndex | None = None
    if filters.eval_duplicate.enabled and output.has(EVAL_INDEX):
        with open_file(output.path(EVAL_INDEX)) as file:
            index = EvalIndex.load(file)
    scorer: Scorer | None = load_scorer(filters.porn.model, filters.porn.preparation) if filters.porn.enabled else None
    return Measures(
        rules=filters.enabled(),
        index=index,
        max_distance=config.dedup.max_distance,
        scorer=scorer,
        max_pixels=filters.undecodable.max_pixels,
        everything=config.measure == "all",
    )
