"""The shards of a subset: the chosen pairs in all formats of the corpus, their verdicts, and completion markers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters import Rule
from filters.picture import thumbnail
from pipeline.commands.subset.choose import Cut, chosen, read_kept
from pipeline.config import Config
from pipeline.engines.progress import Meter
from pipeline.files import Output, open_file
from pipeline.formats import VERDICTS
from pipeline.measure.examples import NO_RULE, THUMBNAIL_SIDE, Examples
from pipeline.outputs.formats.pairs import pairs_of_verdicts
from pipeline.outputs.formats.recorded import read_images
from pipeline.outputs.formats.shards import open_shards
from pipeline.outputs.formats.sink import PairImage
from pipeline.outputs.verdicts import write_verdicts
from pipeline.report.histograms import count_shard
from pipeline.statistics.shard import Pairs, hashes_of_verdicts, shard_statistics
from pipeline.storage.for_report import NOTES
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
    with open_file(subset.corpus.path(VERDICTS.file(shard.name))) as file:
        verdicts = pq.read_table(file).take(pa.array(kept.rows[which]))
    examples = Examples(hash_strings(verdicts["key"].combine_chunks()), shard.total)
    examples.choose(np.full(len(verdicts), NO_RULE))
    records = kept.among[which] if shard.records else kept.among[:0]
    written = _write_corpus(shard, subset, records, verdicts, examples)
    examples.write(subset.output, shard.name, verdicts)
    subset.meter.add(len(verdicts), shard.records)
    columns = dict(zip(verdicts.column_names, verdicts.columns, strict=True))
    return {
        "rows": len(verdicts),
        "kept": len(verdicts),
        "histograms": count_shard(subset.rules, columns, {}),
        **written,
        "statistics": _statistics(subset, verdicts),
        "verdicts_sha256": write_verdicts(subset.output, VERDICTS.file(shard.name), verdicts),
    }


def _statistics(subset: Subset, verdicts: pa.Table) -> dict[str, Any]:
    """The statistics of the chosen pairs, which no rule drops; verdicts don't hold the format of an image."""
    codes = [rule.reason for rule in subset.rules if rule.enabled]
    failed = np.zeros((len(verdicts), len(codes)), bool)
    none = dict.fromkeys(codes, 0)
    summary = {"kept": len(verdicts), "first_reason": none, "any_reason": none}
    pairs = Pairs(verdicts, failed, summary, hashes_of_verdicts(verdicts), formats=None)
    return shard_statistics(pairs, subset.config.report.identify)


def _write_corpus(
    shard: Shard, subset: Subset, places: np.ndarray, verdicts: pa.Table, examples: Examples
) -> dict[str, Any]:
    """Copies the records at these places in all formats; the pictures of examples get thumbnails on the way."""
    shown, most = set(examples.rows.tolist()), subset.config.filters.undecodable.max_pixels
    pairs = pairs_of_verdicts(verdicts)
    with open_shards(subset.output, shard.name, subset.config.output.formats, pairs) as written:
        for image in _images(shard, subset.corpus, places):
            if image.row in shown:
                examples.groups[NO_RULE][image.row] = thumbnail(image.data, THUMBNAIL_SIDE, most)
            written.add(image)
    return written.note()


def _images(shard: Shard, corpus: Output, places: np.ndarray) -> Iterator[PairImage]:
    """Yields the images at these places, numbered anew."""
    wanted = set(places.tolist())
    if wanted:
        chosen = (image for image in read_images(corpus, shard.name) if image.row in wanted)
        yield from (replace(image, row=row) for row, image in enumerate(chosen))
