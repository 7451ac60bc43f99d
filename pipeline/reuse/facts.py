"""Facts of images that a finished run measured: the porn score, and that an image is no near-duplicate.

A fact is a row of two columns: the hash of the image's identity, and a value of 64 bits: 48 bits of a second hash, a
bit for `exact`, one for `clear`, and the score in steps of 1/10,000, plus one (0: none).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.storage.sorting import distinct_of_sorted, sort_with
from vocab.hashing import hash_strings

STEPS = 10_000  # a score has 4 decimals
_SCORE, _CLEAR, _EXACT = np.uint64((1 << 14) - 1), np.uint64(1 << 14), np.uint64(1 << 15)
_FLAGS = _CLEAR | _EXACT
_CHECK = np.uint64(16)  # bits below the second hash

Columns = tuple[np.ndarray, np.ndarray]  # hashes and values, uint64


@dataclass(frozen=True)
class Facts:
    """Facts of a shard's pairs. Only what is as good as measured is here; all else is measured again."""

    clear: np.ndarray  # bool (rows,): can be decoded, and is no near-duplicate of an evaluation image
    scores: np.ndarray  # float64 (rows,): porn score, nan where unknown
    exact: np.ndarray  # bool (rows,): the score is known, and the exact model's

    @staticmethod
    def none(rows: int) -> Facts:
        """No fact for any of `rows` pairs."""
        return Facts(np.zeros(rows, bool), np.full(rows, np.nan), np.zeros(rows, bool))


def pack(ids: pa.StringArray, facts: Facts) -> Columns:
    """Returns the facts of images with these identities, sorted, without images that have none."""
    known = ~np.isnan(facts.scores)
    values = np.where(known, np.rint(np.where(known, facts.scores, 0) * STEPS) + 1, 0).astype(np.uint64)
    values |= np.where(facts.clear, _CLEAR, np.uint64(0)) | np.where(facts.exact, _EXACT, np.uint64(0))
    some = values > 0
    hashes, checks = _hashes(ids.filter(pa.array(some)))
    return sort_with(hashes, checks << _CHECK | values[some])


def unpack(ids: pa.StringArray, values: np.ndarray) -> Facts:
    """Returns the facts in `values`, uint64: those found under the hash of each identity, 0 where there is none."""
    _, checks = _hashes(ids)
    known = (values >> _CHECK == checks) & (values > 0)
    scores = (values & _SCORE).astype(np.int64) - 1
    exact = known & (values & _EXACT > 0)
    return Facts(known & (values & _CLEAR > 0), np.where(known & (scores >= 0), scores / STEPS, np.nan), exact)


def combine(hashes: np.ndarray, values: np.ndarray) -> Columns:
    """Returns one row for each hash, with all facts of its image; of two images with one hash, only one stays."""
    if not len(hashes):
        return hashes, values
    hashes, values = distinct_of_sorted(*sort_with(hashes, values))
    checks = values >> _CHECK
    starts = np.flatnonzero(np.append(True, (hashes[1:] != hashes[:-1]) | (checks[1:] != checks[:-1])))
    flags = np.bitwise_or.reduceat(values & _FLAGS, starts)
    facts = checks[starts] << _CHECK | flags | np.maximum.reduceat(values & _SCORE, starts)
    hashes = hashes[starts]
    first = np.append(True, hashes[1:] != hashes[:-1])
    return hashes[first], facts[first]


def count_facts(values: np.ndarray) -> dict[str, int]:
    """Counts the images by kind of fact."""
    return {"clear": int((values & _CLEAR > 0).sum()), "scores": int((values & _SCORE > 0).sum())}


def keys_of(ids: pa.StringArray) -> np.ndarray:
    """Returns the hash under which each identity is found, uint64 (ids,)."""
    return hash_strings(ids)


def _hashes(ids: pa.StringArray) -> Columns:
    """Returns two independent hashes of each identity; the second has 48 bits."""
    return hash_strings(ids), hash_strings(pc.utf8_reverse(ids)) >> _CHECK
