"""Look-ups of hashes against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from dedup import lookup
from dedup.hashing import hamming
from dedup.lookup import MultiIndex


def random_hashes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 4), np.uint64)


def flipped(hash_: np.ndarray, bits: int, rng: np.random.Generator) -> np.ndarray:
    """The hash with that many bits changed."""
    raw = np.unpackbits(hash_.view(np.uint8))
    raw[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(raw).view(np.uint64)


def brute_force(entries: np.ndarray, queries: np.ndarray, max_distance: int) -> set[tuple[int, int, int]]:
    distances = hamming(queries[:, None], entries[None])
    near = np.nonzero(distances <= max_distance)
    return set(zip(*map(np.ndarray.tolist, near), distances[near].tolist(), strict=True))


def found(entries: np.ndarray, queries: np.ndarray, max_distance: int) -> list[tuple[int, int, int]]:
    pairs = MultiIndex(entries)(queries, max_distance)
    return list(zip(pairs.query.tolist(), pairs.entry.tolist(), pairs.distance.tolist(), strict=True))


def chunks_of(entries: int) -> int:
    return -(-256 // int(np.clip(entries.bit_length(), lookup.MIN_CHUNK_BITS, lookup.MAX_CHUNK_BITS)))


@pytest.mark.parametrize("count", [1, 3, 200, 3000, 20_000])
def test_nothing_nearer_than_two_bits_a_chunk_is_missed(count):
    rng = np.random.default_rng(count)
    entries, exact = random_hashes(count), 2 * chunks_of(count) - 1
    planted = [flipped(entries[rng.integers(count)], int(rng.integers(0, exact + 3)), rng) for _ in range(300)]
    queries = np.concatenate([np.stack(planted), random_hashes(50, seed=1)])
    expected = brute_force(entries, queries, exact)
    assert len(expected) >= 200 and set(found(entries, queries, exact)) == expected


@pytest.mark.parametrize("spared", [0, 1])
def test_the_worst_spread_of_differences(spared):
    """Two differences in every chunk hide an entry; with one of them less its chunk finds it."""
    entries = random_hashes(1500)
    raw = np.unpackbits(entries[700].view(np.uint8))
    worst = [bit for chunk in lookup._chunk_weights(chunks_of(1500)).T for bit in np.flatnonzero(chunk)[:2]]
    raw[worst[spared:]] ^= 1
    pairs = found(entries, np.packbits(raw).view(np.uint64)[None], 256)
    assert (700 in {entry for _, entry, _ in pairs}) == bool(spared)


def test_few_are_missed_beyond():
    rng = np.random.default_rng(5)
    entries = random_hashes(200_000)
    queries = np.stack([flipped(entries[place], 40, rng) for place in range(500)])
    pairs = found(entries, queries, 50)
    assert {pair[:2] for pair in pairs} <= {(place, place) for place in range(500)} and len(pairs) >= 450


def test_each_pair_comes_once_the_nearest_first():
    entries = np.repeat(random_hashes(10), 30, axis=0)
    entries[::7, 0] ^= np.uint64(1)
    pairs = found(entries, entries[:5], 10)
    assert len(set(pairs)) == len(pairs) == 150
    assert pairs == sorted(pairs, key=lambda pair: (pair[0], pair[2], pair[1]))


def test_equal_hashes_in_great_number_are_compared_in_parts(monkeypatch):
    sizes = []
    compare = MultiIndex._compare

    def watched(self, queries, query, entry, max_distance):
        sizes.append(len(query))
        return compare(self, queries, query, entry, max_distance)

    monkeypatch.setattr(MultiIndex, "_compare", watched)
    monkeypatch.setattr(lookup, "_PAIRS_AT_ONCE", 5000)
    entries = np.zeros((2000, 4), np.uint64)
    assert len(found(entries, np.zeros((7, 4), np.uint64), 31)) == 14_000
    assert max(sizes) <= 5000


@pytest.mark.parametrize("batch", [1, 3])
def test_batches_of_queries_do_not_matter(batch):
    rng = np.random.default_rng(9)
    entries = random_hashes(5000)
    queries = np.stack([flipped(entries[place], 45, rng) for place in range(30)])
    parts = [
        (start + query, entry, distance)
        for start in range(0, 30, batch)
        for query, entry, distance in found(entries, queries[start : start + batch], 50)
    ]
    assert parts == found(entries, queries, 50)


@pytest.mark.parametrize("entries", [0, 5])
def test_no_queries_and_no_entries(entries):
    index = MultiIndex(random_hashes(entries))
    assert len(index(np.empty((0, 4), np.uint64), 31).query) == 0
    assert len(index(np.ones((2, 4), np.uint64), 0).query) == 0


def test_chunks_hold_every_bit_once():
    weights = lookup._chunk_weights(12)
    assert (np.count_nonzero(weights, axis=1) == 1).all() and np.count_nonzero(weights, axis=0).max() <= 22
    assert all(sorted(chunk[chunk > 0]) == [2**bit for bit in range(np.count_nonzero(chunk))] for chunk in weights.T)
