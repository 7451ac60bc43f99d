"""Chooses the kept pairs of a subset: those with the smallest hashes, so that a subset is part of every larger one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.files import Output, open_file
from pipeline.formats import VERDICTS
from vocab.hashing import hash_strings

DRAWN_BY = ("source", "key", "image_id")
BUCKETS = 1 << 16


@dataclass(frozen=True)
class Cut:
    """A pair is chosen if its draw is under `draw`; of those that have it, the first `ties` in input order."""

    draw: int
    ties: int


EVERYTHING = Cut(1 << 64, 0)


@dataclass(frozen=True)
class Kept:
    """The kept pairs of a verdict file that a subset may have."""

    rows: NDArray[np.int64]  # their rows in the file
    among: NDArray[np.int64]  # their places among all kept pairs of the file
    draws: NDArray[np.uint64]


def read_kept(corpus: Output, shard: str, copies: pa.StringArray) -> Kept:
    """The kept pairs of a shard but those whose image is one of `copies`. Raises OSError, ArrowInvalid."""
    with open_file(corpus.path(VERDICTS.file(shard))) as file:
        table = pq.read_table(file, columns=[*DRAWN_BY, "reasons"])
    kept = np.flatnonzero(pc.equal(pc.list_value_length(table["reasons"]), 0))
    pairs = table.take(pa.array(kept))
    wanted = np.flatnonzero(pc.invert(pc.is_in(pairs["image_id"], copies)))
    joined = pc.binary_join_element_wise(*(pairs[name].fill_null("") for name in DRAWN_BY), "\t")
    draws = hash_strings(joined.combine_chunks()) if len(pairs) else np.empty(0, np.uint64)
    return Kept(kept[wanted], wanted, draws[wanted])


def find_cut(corpus: Output, shards: list[str], copies: pa.StringArray, size: str | None) -> Cut:
    """The cut that leaves `size` pairs: a number, or a share such as 10% of those that are not copies.

    Draws are counted by their top bits first, so that only those of one bucket are held at once.
    """
    if size is None:
        return EVERYTHING
    counts = np.zeros(BUCKETS, np.int64)
    for kept in _all(corpus, shards, copies):
        counts += np.bincount((kept.draws >> np.uint64(48)).astype(np.int64), minlength=BUCKETS)
    wanted = number_of(size, int(counts.sum()))
    if wanted >= counts.sum():
        return EVERYTHING
    bucket = int(np.searchsorted(np.cumsum(counts), wanted, side="right"))
    below = int(counts[:bucket].sum())
    draws = np.sort(np.concatenate([_of_bucket(kept.draws, bucket) for kept in _all(corpus, shards, copies)]))
    draw = int(draws[wanted - below])
    return Cut(draw, wanted - below - int(np.searchsorted(draws, np.uint64(draw))))


def number_of(size: str, pairs: int) -> int:
    """Converts a size such as 500 or 12.5% to a number of `pairs`, rounded down. Raises ValueError."""
    try:
        if size.endswith("%"):
            share = float(size[:-1])
            if 0 <= share <= 100:
                return int(pairs * share / 100)
        elif int(size) >= 0:
            return int(size)
    except ValueError:
        pass
    raise ValueError(f"size: {size!r} is neither a whole number nor a share such as 10%")


def _all(corpus: Output, shards: list[str], copies: pa.StringArray) -> Iterator[Kept]:
    return (read_kept(corpus, shard, copies) for shard in shards)


def _of_bucket(draws: NDArray[np.uint64], bucket: int) -> NDArray[np.uint64]:
    inside: NDArray[np.bool_] = draws >> np.uint64(48) == bucket
    return draws[inside]


def ties_before(corpus: Output, shards: list[str], copies: pa.StringArray, cut: Cut) -> list[int]:
    """Counts the pairs with the hash rank of the cut that stand before each shard."""
    if not cut.ties:
        return [0] * len(shards)
    counts = [int((kept.draws == np.uint64(cut.draw)).sum()) for kept in _all(corpus, shards, copies)]
    before: list[int] = np.cumsum([0, *counts[:-1]]).tolist()
    return before


def chosen(kept: Kept, cut: Cut, before: int) -> NDArray[np.bool_]:
    """Marks the kept pairs of a subset, bool; `before` pairs with the hash rank of the cut are in earlier shards."""
    if cut == EVERYTHING:
        return np.ones(len(kept.draws), bool)
    tied: NDArray[np.bool_] = kept.draws == np.uint64(cut.draw)
    return (kept.draws < np.uint64(cut.draw)) | (tied & (before + np.cumsum(tied) <= cut.ties))
