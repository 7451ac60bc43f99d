"""Cost of near-duplicate search: CPU time an image against a decode and against one imagehash.phash, look-ups.

Entries beyond the photos' are random bits, which match nothing: they only make the tables as large as those of 60,000
evaluation images.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import imagehash
import numpy as np
from PIL import Image

from bench.figures import Figure, median
from dedup.evaluation import EvalIndex, build
from dedup.hashing import hamming, hash_bits
from dedup.search import Search
from dedup.variants import DEFAULT, DENSE
from dedup.windows import FULL, Windows
from filters.picture import Picture

ENTRIES = {500_000: 1.2, 6_240_000: 1.6}  # bar, as a multiple of the draft decode
INDEXED = {DEFAULT: 2.3, DENSE: None}  # bar, ms an image
BATCH = 64
LOOKUPS, LOOKUP_BAR = 10_000, 8000
LOST_BAR = 0.5  # percentage points
MAX_PIXELS = 10**8
MS = 1e3
REPEATS = 3


def cost(index: EvalIndex, images: Sequence[bytes], copies: np.ndarray) -> Iterator[Figure]:
    """The cost, for the index, copies of its images, uint8 (n, 128, 128), and JPEGs of unrelated images."""
    floor = _cpu(lambda: [Picture(data, MAX_PIXELS).luma() for data in images]) * MS / len(images)
    phash = _cpu(lambda: [imagehash.phash(Image.open(io.BytesIO(data))) for data in images]) * MS / len(images)
    yield Figure("draft decode to the luma", floor, "ms / image")
    yield Figure("imagehash.phash", phash, "ms / image")
    named = [(str(number), data) for number, data in enumerate(images)]
    for mode, most in INDEXED.items():
        indexing = _cpu(lambda mode=mode: build(named, MAX_PIXELS, mode)) * MS / len(images)
        yield Figure(f"index of an image, {mode}", indexing, "ms / image", at_most=most)
    for count, bar in ENTRIES.items():
        filled = _filled(index, count)
        begin = time.process_time()
        filled.match(copies[:1], Search())
        yield Figure(f"tables of {count:,} entries", time.process_time() - begin, "s")
        ours = _cpu(lambda filled=filled: _search(filled, images)) * MS / len(images)
        yield Figure(f"decode and search in {count:,} entries / decode", ours / floor, "x", at_most=bar)
        yield Figure(f"decode and search in {count:,} entries / imagehash.phash", ours / phash, "x", at_most=1)
    yield from _lookups(filled, index, copies)


def _lookups(filled: EvalIndex, index: EvalIndex, copies: np.ndarray) -> Iterator[Figure]:
    """Speed of look-ups, and their loss of recall to brute force over the index alone: random bits are never near."""
    lookup = filled._lookup
    random = np.random.default_rng(1).integers(0, 2**64, (LOOKUPS, 4), np.uint64)
    seconds = _cpu(lambda: [lookup(random[start : start + BATCH], 50) for start in range(0, LOOKUPS, BATCH)])
    yield Figure(f"look-ups in {len(filled.hashes):,} entries", LOOKUPS / seconds, "/ s", at_least=LOOKUP_BAR)
    hashes = hash_bits(Windows([FULL])(copies)[:, 0])
    exact = np.array([hamming(hash_, index.hashes).min() <= 50 for hash_ in hashes])
    found = np.bincount(lookup(hashes, 50).query, minlength=len(hashes)) > 0
    yield Figure("points of recall that look-ups lose", 100 * float(exact.mean() - found.mean()), at_most=LOST_BAR)


def _filled(index: EvalIndex, count: int) -> EvalIndex:
    """Adds random entries up to this number; they belong to the first image."""
    more = max(count - len(index.hashes), 0)
    random = np.random.default_rng(0).integers(0, 2**64, (more, 4), np.uint64)
    return replace(
        index,
        hashes=np.concatenate([index.hashes, random]),
        images=np.concatenate([index.images, np.zeros(more, np.int32)]),
        variants=np.concatenate([index.variants, np.zeros(more, np.uint16)]),
    )


def _search(index: EvalIndex, images: Sequence[bytes]) -> None:
    for start in range(0, len(images), BATCH):
        index.match(np.stack([Picture(data, MAX_PIXELS).luma() for data in images[start : start + BATCH]]), Search())


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds, the median of some runs."""
    seconds = []
    for _ in range(REPEATS):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return median(seconds)
