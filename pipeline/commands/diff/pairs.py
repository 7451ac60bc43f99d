"""The pairs of a run as columns of numbers, sorted by hash on disk, so that two runs meet a hash range at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.commands.diff.runs import KEPT, Run
from pipeline.files import Output, open_file
from pipeline.inputs.errors import reading
from pipeline.storage.runs import slices, write_ranges
from pipeline.storage.sorting import sort_with
from vocab.buffers import one_array
from vocab.hashing import hash_strings

READ = ("source", "key", "image_id", "text", "reasons")
KINDS = tuple(np.dtype(kind) for kind in ("<u8", "<u8", "<u8", "<u8", "<u8", "<u2"))
PAIRS_PER_PART = 2_000_000  # of each run, held at once: some 200 MB
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_THUMBNAIL, _RECORD, _NO_PICTURE = 0, 1, 2  # where a picture is at hand, the cheapest to read first
_RANK_BITS = 62


@dataclass(frozen=True)
class Pairs:
    """Pairs of one run; equal contents are in the order of rows."""

    contents: np.ndarray  # hash of image and text, uint64
    places: np.ndarray  # hash of the content, the source and the key, uint64
    images: np.ndarray  # hash of the image, uint64; of the content where the pair has none
    draws: np.ndarray  # rank among examples, uint64: first pairs whose picture is at hand, by hash of the key
    rows: np.ndarray  # row among all of the run, uint64
    outcomes: np.ndarray  # number of the outcome, uint16

    def take(self, which: np.ndarray) -> Self:
        """The pairs at these places, or marked."""
        return type(self)(*(getattr(self, field.name)[which] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.rows)


def parts_of(*runs: Run) -> int:
    """Number of hash ranges, a power of two."""
    return 1 << (max(run.pairs for run in runs) // PAIRS_PER_PART).bit_length()


def write_pairs(run: Run, outcomes: tuple[str, ...], pictures: pa.StringArray, scratch: Output, parts: int) -> None:
    """Writes the pairs of each verdict shard to `scratch`; `pictures` are the ids of those with a thumbnail."""
    for shard, start in enumerate(run.starts[:-1]):
        found = read_pairs(run, shard, outcomes, pictures)
        contents, order = sort_with(found.contents, np.arange(len(found), dtype=np.uint64))
        others = found.take(order.astype(np.int64))
        rows = others.rows + np.uint64(start)
        columns = (contents, others.places, others.images, others.draws, rows, others.outcomes)
        write_ranges(scratch, _name(run, shard), columns, parts)


def read_part(run: Run, scratch: Output, part: int, parts: int) -> Pairs:
    """The pairs of a run with contents in range `part`."""
    paths = [scratch.path(_name(run, shard)) for shard in range(len(run.shards))]
    columns = [*zip(*slices(paths, KINDS, part, parts), strict=True)] or [()] * len(KINDS)
    return Pairs(*(np.concatenate([np.empty(0, kind), *column]) for kind, column in zip(KINDS, columns, strict=True)))


def read_pairs(run: Run, shard: int, outcomes: tuple[str, ...], pictures: pa.StringArray) -> Pairs:
    """The pairs of a verdict shard in order, with rows from 0. Raises OSError."""
    path = run.output.path(run.shards[shard])
    with reading(path), open_file(path) as file:
        table = pq.read_table(file, columns=list(READ), use_threads=False)
    source, key, image, text = (hash_strings(one_array(table[name])) for name in READ[:4])
    contents = image * _SPREAD + text
    places = (contents * _SPREAD + source) * _SPREAD + key
    ids = one_array(table["image_id"])
    images = np.where(np.asarray(pc.is_valid(ids), bool), image, contents)
    rows, found = np.arange(len(table), dtype=np.uint64), _outcomes(one_array(table["reasons"]), outcomes)
    recorded = (found == outcomes.index(KEPT)) & (run.pictured[shard] is not None)
    draws = _draws(key, np.asarray(pc.is_in(ids, pictures), bool), recorded)
    return Pairs(contents, places, images, draws, rows, found)


def _draws(key: np.ndarray, has_thumbnail: np.ndarray, recorded: np.ndarray) -> np.ndarray:
    """Ranks of pairs by hash of the key, those with a thumbnail before those with a record before the others."""
    where = np.where(has_thumbnail, _THUMBNAIL, np.where(recorded, _RECORD, _NO_PICTURE)).astype(np.uint64)
    return (where << np.uint64(_RANK_BITS)) + (key >> np.uint64(64 - _RANK_BITS))


def _outcomes(reasons: pa.ListArray, outcomes: tuple[str, ...]) -> np.ndarray:
    """The number of each pair's first reason among `outcomes`, 0 for a kept pair; uint16."""
    starts = np.asarray(reasons.offsets)
    dropped = np.diff(starts) > 0
    found = np.zeros(len(reasons), np.uint16)
    firsts = reasons.values.take(pa.array(starts[:-1][dropped]))
    found[dropped] = np.asarray(pc.index_in(firsts, value_set=pa.array(outcomes, pa.string())))
    return found


def _name(run: Run, shard: int) -> str:
    return f"{run.name}/{shard:06d}"
