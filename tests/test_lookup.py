"""Look-ups of hashes against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.hashing import hamming
from dedup.lookup import Nearest


def flipped(hash_: np.ndarray, bits: int, rng: np.random.Generator) -> np.ndarray:
    """The hash with that many bits changed."""
    raw = np.unpackbits(hash_.view(np.uint8))
    raw[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(raw).view(np.uint64)


def brute_force(entries: np.ndarray, queries: np.ndarray, max_distance: int) -> tuple[np.ndarray, np.ndarray]:
    distances = hamming(queries[:, None], entries[None])
    near = distances.min(axis=1) <= max_distance
    return np.where(near, distances.argmin(axis=1), -1), np.where(near, distances.min(axis=1), -1)


@pytest.mark.parametrize("max_distance", [0, 15, 16, 31, 32, 40])
def test_nearest_equals_brute_force(max_distance):
    rng = np.random.default_rng(max_distance)
    entries = rng.integers(0, 2**64, (3000, 4), np.uint64)
    entries[1000:1900] = entries[:900]  # equally near ones
    entries[2000:2050] = 0  # one value in a table many times
    sources = rng.integers(0, len(entries), 400)
    planted = [flipped(entries[source], int(rng.integers(0, max_distance + 2)), rng) for source in sources]
    queries = np.concatenate([np.stack(planted), rng.integers(0, 2**64, (50, 4), np.uint64)])
    found = Nearest(entries)(queries, max_distance)
    expected = brute_force(entries, queries, max_distance)
    assert (expected[0] >= 0).sum() >= 180
    assert np.array_equal(found[0], expected[0]) and np.array_equal(found[1], expected[1])


def test_worst_spread_of_differences_is_found():
    """31 differences, two in every chunk but one."""
    entry = np.zeros((1, 4), np.uint64)
    raw = np.zeros((16, 16), np.uint8)
    raw[:, :2] = 1
    raw[7, 1] = 0
    entries, distances = Nearest(entry)(np.packbits(raw).view(np.uint64)[None], 31)
    assert (entries[0], distances[0]) == (0, 31)


def test_equal_hashes_in_great_number_stay_in_bounds():
    entries = np.zeros((200_000, 4), np.uint64)
    found, distances = Nearest(entries)(np.zeros((5, 4), np.uint64), 31)
    assert not found.any() and not distances.any()


@pytest.mark.parametrize("entries", [0, 5])
def test_no_queries_and_no_entries(entries):
    nearest = Nearest(np.zeros((entries, 4), np.uint64))
    assert all(len(column) == 0 for column in nearest(np.empty((0, 4), np.uint64), 31))
    assert (nearest(np.ones((2, 4), np.uint64), 0)[0] == -1).all()
