"""The shards of a subset: the chosen records as they are, their verdicts, and a note of what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters import Rule
from filters.picture import thumbnail
from pipeline.commands.subset.choose import Cut, chosen, read_kept
from pipeline.config import Config
from pipeline.emit import NOTES
from pipeline.engines.progress import Meter
from pipeline.files import Output, open_file
from pipeline.measure.examples import NO_RULE, THUMBNAIL_SIDE, Examples
from pipeline.outputs.records import RecordShard
from pipeline.outputs.verdicts import write_verdicts
from pipeline.report.histograms import count_shard
from pipeline.statistics.shard import Pairs, hashes_of_verdicts, write_statistics
from train.example import decode_example, read_records
from vocab.hashing import hash_strings


@dataclass(frozen=True)
class Shard:
    """A shard of the corpus."""

    name: str
    records: int
    total: int  # shards of the corpus
    before: int  # pairs with the draw of the cut in earlier shards


@dataclass(frozen=True)
class Subset:
    """Parameters of the write pass."""

    corpus: Output
    output: Output
    config: Config
    rules: tuple[Rule, ...]
    copies: pa.StringArray
    cut: Cut
    meter: Meter


def write_shard(shard: Shard, subset: Subset) -> str:
    """Writes records and verdicts of the chosen pairs of a shard, and then a note; returns the note's name."""
    note = f"{NOTES}/{shard.name}.json"
    if not subset.output.has(note):
        subset.output.write_bytes(note, json.dumps(_write(shard, subset)).encode())
    return note


def _write(shard: Shard, subset: Subset) -> dict[str, Any]:
    kept = read_kept(subset.corpus, shard.name, subset.copies)
    which = chosen(kept, subset.cut, shard.before)
    with open_file(subset.corpus.path(f"verdicts/{shard.name}.parquet")) as file:
        verdicts = pq.read_table(file).take(pa.array(kept.rows[which]))
    examples = Examples(hash_strings(verdicts["key"].combine_chunks()), shard.total)
    examples.choose(np.full(len(verdicts), NO_RULE))
    records = kept.among[which] if shard.records else kept.among[:0]
    written = _write_records(shard, subset, records, examples)
    examples.write(subset.output, shard.name, verdicts)
    _write_statistics(shard, subset, verdicts)
    subset.meter.add(len(verdicts), shard.records)
    columns = dict(zip(verdicts.column_names, verdicts.columns, strict=True))
    return {
        "rows": len(verdicts),
        "kept": len(verdicts),
        "histograms": count_shard(subset.rules, columns, {}),
        **written,
        "verdicts_sha256": write_verdicts(subset.output, f"verdicts/{shard.name}.parquet", verdicts),
    }


def _write_statistics(shard: Shard, subset: Subset, verdicts: pa.Table) -> None:
    """Writes the statistics of the chosen pairs, which no rule drops; verdicts don't hold the format of an image."""
    codes = [rule.reason for rule in subset.rules if rule.enabled]
    failed = np.zeros((len(verdicts), len(codes)), bool)
    none = dict.fromkeys(codes, 0)
    summary = {"kept": len(verdicts), "first_reason": none, "any_reason": none}
    pairs = Pairs(verdicts, failed, summary, hashes_of_verdicts(verdicts), formats=None)
    write_statistics(subset.output, shard.name, pairs, subset.config.report.identify)


def _write_records(shard: Shard, subset: Subset, places: np.ndarray, examples: Examples) -> dict[str, Any]:
    """Copies the records at these places; the pictures of examples get thumbnails on the way."""
    shown, most = set(examples.rows.tolist()), subset.config.filters.undecodable.max_pixels
    with RecordShard(subset.output, f"corpus/{shard.name}.tfrecord") as records:
        for number, data in enumerate(_records(shard, subset.corpus, places)):
            if number in shown:
                examples.groups[NO_RULE][number] = thumbnail(decode_example(data)["jpg"][0], THUMBNAIL_SIDE, most)
            records.add_data(data)
    return {"records": records.count, "bytes": records.bytes, "corpus_sha256": records.sha256}


def _records(shard: Shard, corpus: Output, places: np.ndarray) -> Iterator[bytes]:
    wanted = set(places.tolist())
    if wanted:
        with open_file(corpus.path(f"corpus/{shard.name}.tfrecord")) as file:
            yield from (data for place, (_, data) in enumerate(read_records(file)) if place in wanted)
