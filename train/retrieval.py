"""Recall of retrieval: the share of queries with a right candidate among the nearest (section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.vectors import normalised

RANKS = (1, 5, 10)
_AT_ONCE = 1 << 25  # similarities at once

Belongs = Callable[[slice], np.ndarray]  # takes a slice of queries; returns bool (queries, candidates)


@dataclass(frozen=True)
class Recalls:
    """R@1, R@5 and R@10, from 0 to 1, of one direction, and the level of chance."""

    found: tuple[float, ...]
    chance: tuple[float, ...]
    queries: int
    candidates: int

    @property
    def over_chance(self) -> float:
        """R@1 as a multiple of chance."""
        return self.found[0] / self.chance[0]


@dataclass(frozen=True)
class NotMeasured:
    """Replaces recalls if there are fewer than two pictures: their number and kind."""

    pictures: int
    kind: str  # "held-out" or "test"

    @property
    def reason(self) -> str:
        """The reason, such as `0 held-out pictures`."""
        return f"{self.pictures:,} {self.kind} {'picture' if self.pictures == 1 else 'pictures'}"


def image_to_text(images: np.ndarray, texts: np.ndarray, image_of_text: np.ndarray) -> Recalls:
    """Recalls of texts for images: embeddings, float (images, d) and (texts, d); `image_of_text` int (texts,).

    An image is found at a rank if any of its texts is.
    """
    return recalls(images, texts, same_label(np.arange(len(images)), image_of_text))


def text_to_image(images: np.ndarray, texts: np.ndarray, image_of_text: np.ndarray) -> Recalls:
    """Recalls of images for texts; see `image_to_text`."""
    return recalls(texts, images, same_label(image_of_text, np.arange(len(images))))


def same_label(queries: np.ndarray, candidates: np.ndarray) -> Belongs:
    """A candidate belongs to a query if their labels, int (queries,) and (candidates,), are equal."""
    return lambda part: queries[part, None] == candidates[None, :]


def recalls(queries: np.ndarray, candidates: np.ndarray, belongs: Belongs, itself: np.ndarray | None = None) -> Recalls:
    """Share of queries with a belonging candidate among the nearest: float (queries, d), (candidates, d).

    Queries that are candidates too don't find themselves: `itself`, int (queries,), gives their indices; and queries to
    which no other belongs are left out. Raises ValueError if all are.
    """
    queries, candidates = normalised(queries), normalised(candidates)
    step = max(1, _AT_ONCE // len(candidates))
    parts = [slice(begin, begin + step) for begin in range(0, len(queries), step)]
    measured = [
        _ranks(queries[part] @ candidates.T, belongs(part), None if itself is None else itself[part]) for part in parts
    ]
    ranks, counts = (np.concatenate(each) for each in zip(*measured, strict=True))
    if itself is None:
        return _recalls(ranks, counts, len(candidates))
    return _recalls(ranks[counts > 0], counts[counts > 0], len(candidates) - 1)


def _recalls(ranks: np.ndarray, counts: np.ndarray, candidates: int) -> Recalls:
    if not len(ranks):
        raise ValueError("no query has a candidate that belongs to it")
    return Recalls(
        found=tuple(float(((ranks < rank) & (counts > 0)).mean()) for rank in RANKS),
        chance=tuple(float(_chance(counts, candidates, rank).mean()) for rank in RANKS),
        queries=len(ranks),
        candidates=candidates,
    )


def _ranks(similarities: np.ndarray, belongs: np.ndarray, itself: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Counts, for each query, wrong candidates no further than the nearest right one, and the right ones.

    Neither a tie nor NaN counts as found.
    """
    if itself is not None:
        own = np.arange(len(itself)), itself
        similarities[own], belongs[own] = -np.inf, False
    best = np.where(belongs, similarities, -np.inf).max(axis=1, keepdims=True)
    return (~(similarities < best) & ~belongs).sum(axis=1), belongs.sum(axis=1)


def _chance(right: NDArray[np.int64], candidates: int, rank: int) -> NDArray[np.float64]:
    """Probability, for each query, that `rank` random candidates hold one of the `right` ones."""
    drawn = np.arange(min(rank, candidates))[None, :]
    wrong = np.maximum(candidates - right[:, None] - drawn, 0) / (candidates - drawn)
    none: NDArray[np.float64] = wrong.prod(axis=1)
    return 1 - none
