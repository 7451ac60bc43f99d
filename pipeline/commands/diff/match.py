"""Finds each pair of a run in another: by source, key, image and text; what is left, by image and text alone.

So inputs that were only moved, renamed, split or joined match too. Pairs that are equal in all of these are told apart
by their order: the second of one run is the second of the other.
"""

from __future__ import annotations

import numpy as np

from pipeline.commands.diff.pairs import Pairs

_SPREAD = np.uint64(0xC2B2AE3D27D4EB4F)


def match(one: Pairs, two: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Indices of pairs in `one` and of the same pairs in `two`, int64 both; each index at most once."""
    first, second = _equal(one.places, two.places)
    rest, others = _rest(len(one), first), _rest(len(two), second)
    third, fourth = _equal(one.contents[rest], two.contents[others])
    return np.concatenate([first, rest[third]]), np.concatenate([second, others[fourth]])


def _equal(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, first, second = np.intersect1d(numbered(one), numbered(two), assume_unique=True, return_indices=True)
    return first, second


def numbered(hashes: np.ndarray) -> np.ndarray:
    """Distinct hashes for equal ones, uint64: each with its number among these, in order."""
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    begins = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)])
    numbers = np.arange(len(ranked)) - np.repeat(begins, np.diff(np.append(begins, len(ranked))))
    found = np.empty_like(hashes)
    found[order] = ranked + numbers.astype(np.uint64) * _SPREAD
    return found


def _rest(count: int, which: np.ndarray) -> np.ndarray:
    left = np.ones(count, bool)
    left[which] = False
    return np.flatnonzero(left)
