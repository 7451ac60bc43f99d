"""The shards of an export: each with the pairs of a shard of records, and their fields in its verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.commands.export.claim import NOTES
from pipeline.engines.progress import Meter
from pipeline.files import Output, open_file
from pipeline.formats import FORMATS, RECORDS, VERDICTS
from pipeline.inputs.errors import BadFile, reading
from pipeline.outputs.formats.pairs import pairs_of_verdicts
from pipeline.outputs.formats.recorded import read_images
from pipeline.outputs.formats.shards import open_shards
from pipeline.outputs.formats.sink import PairImage


@dataclass(frozen=True)
class Shard:
    """A shard of the corpus, and the number of its records."""

    name: str
    records: int


@dataclass(frozen=True)
class Export:
    """Parameters of the one pass."""

    corpus: Output
    output: Output
    formats: tuple[str, ...]
    meter: Meter


def note_of(shard: str) -> str:
    """The completion marker of a shard."""
    return f"{NOTES}/{shard}.json"


def write_shard(shard: Shard, export: Export) -> str:
    """Writes a shard in all formats, then its completion marker; returns the marker's name."""
    note = note_of(shard.name)
    if not export.output.has(note):
        export.output.write_bytes(note, json.dumps(_write(shard, export)).encode())
    else:
        export.meter.add(shard.records, shard.records)
    return note


def _write(shard: Shard, export: Export) -> dict[str, Any]:
    pairs = read_pairs(export.corpus, shard)
    with open_shards(export.output, shard.name, export.formats, pairs) as written:
        for image in _images(export.corpus, shard, len(pairs)):
            written.add(image)
            export.meter.add(1, 1)
    return written.note()


def read_pairs(corpus: Output, shard: Shard) -> pa.Table:
    """The pairs of a shard's records: the kept pairs of its verdicts, or none where its input has no images."""
    path = corpus.path(VERDICTS.file(shard.name))
    with reading(path), open_file(path) as file:
        verdicts = pq.read_table(file, use_threads=False)
    kept = verdicts.filter(pc.equal(pc.list_value_length(verdicts["reasons"]), 0))
    return pairs_of_verdicts(kept if shard.records else kept.slice(0, 0))


def _images(corpus: Output, shard: Shard, pairs: int) -> Iterator[PairImage]:
    """Yields the images of all pairs. Raises BadFile if there are fewer or more."""
    count = 0
    for count, image in enumerate(read_images(corpus, shard.name), 1):
        if count > pairs:
            break
        yield image
    if count != pairs:
        number = "more" if count > pairs else f"{count:,}"
        reason = f"{number} records for the {pairs:,} kept pairs of its verdicts; make the corpus again"
        raise BadFile(corpus.path(FORMATS[RECORDS].file(shard.name)), reason)
