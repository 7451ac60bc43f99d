"""Recall of retrieval: the share of queries with a right candidate among the nearest (section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from train.ties import SharedTexts, numbered
from train.vectors import normalised

RANKS = (1, 5, 10)
_AT_ONCE = 1 << 25  # similarities at once

Belongs = Callable[[slice], np.ndarray]  # takes a slice of queries; returns bool (queries, candidates)
Similarities = Callable[[slice], np.ndarray]  # the same for float (queries, candidates)


@dataclass(frozen=True)
class Recalls:
    """R@1, R@5 and R@10, from 0 to 1, of one direction, and the level of chance.

    The median rank is that of the nearest right candidate, 1 for the nearest of all; None if it isn't known. A tie is a
    query to which another picture's candidate belongs as well, since two pictures have the same text: it counts as
    wrong in `found`, as right in `with_ties`.
    """

    found: tuple[float, ...]
    chance: tuple[float, ...]
    queries: int
    candidates: int
    median_rank: float | None = None
    ties: int = 0
    with_ties: tuple[float, ...] = ()

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
    shared = SharedTexts.of(texts, image_of_text, len(images))
    belongs = same_label(np.arange(len(images)), image_of_text)
    return recalls(images, texts, belongs, wider=shared.of_images if shared else None)


def text_to_image(images: np.ndarray, texts: np.ndarray, image_of_text: np.ndarray) -> Recalls:
    """Recalls of images for texts; see `image_to_text`."""
    shared = SharedTexts.of(texts, image_of_text, len(images))
    belongs = same_label(image_of_text, np.arange(len(images)))
    return recalls(texts, images, belongs, wider=shared.of_texts if shared else None)


def same_label(queries: np.ndarray, candidates: np.ndarray) -> Belongs:
    """A candidate belongs to a query if their labels, int (queries,) and (candidates,), are equal."""
    return lambda part: queries[part, None] == candidates[None, :]


def recalls(
    queries: np.ndarray,
    candidates: np.ndarray,
    belongs: Belongs,
    itself: np.ndarray | None = None,
    wider: Belongs | None = None,
) -> Recalls:
    """Share of queries with a belonging candidate among the nearest: float (queries, d), (candidates, d).

    Queries that are candidates too don't find themselves: `itself`, int (queries,), gives their indices; and queries to
    which no other belongs are left out. `wider` are candidates that belong as well if ties count as right. Raises
    ValueError if all queries are left out.
    """
    similarities = _similarities(queries, candidates)
    ranks, counts = _all_ranks(similarities, len(queries), len(candidates), belongs, itself)
    if itself is not None:
        return _recalls(ranks[counts > 0], counts[counts > 0], len(candidates) - 1)
    found = _recalls(ranks, counts, len(candidates))
    if wider is None:
        return found
    more = wider
    loose, all_right = _all_ranks(
        similarities, len(queries), len(candidates), lambda part: belongs(part) | more(part), itself
    )
    return replace(found, ties=int((all_right > counts).sum()), with_ties=_shares(loose, all_right))


def _similarities(queries: np.ndarray, candidates: np.ndarray) -> Similarities:
    """Cosines of queries, float (queries in a slice, candidates).

    Equal candidates are equally near: a product of matrices may round them apart, by their places.
    """
    number = numbered(candidates)
    _, first = np.unique(number, return_index=True)
    queries, distinct = normalised(queries), normalised(candidates[first])
    if len(first) == len(candidates):
        return lambda part: np.asarray(queries[part] @ distinct.T)
    return lambda part: np.asarray((queries[part] @ distinct.T)[:, number])


def _all_ranks(
    similarities: Similarities, queries: int, candidates: int, belongs: Belongs, itself: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    step = max(1, _AT_ONCE // candidates)
    parts = [slice(begin, begin + step) for begin in range(0, queries, step)]
    measured = [_ranks(similarities(part), belongs(part), None if itself is None else itself[part]) for part in parts]
    ranks, counts = (np.concatenate(each) for each in zip(*measured, strict=True))
    return ranks, counts


def _recalls(ranks: np.ndarray, counts: np.ndarray, candidates: int) -> Recalls:
    if not len(ranks):
        raise ValueError("no query has a candidate that belongs to it")
    found = _shares(ranks, counts)
    return Recalls(
        found=found,
        chance=tuple(float(_chance(counts, candidates, rank).mean()) for rank in RANKS),
        queries=len(ranks),
        candidates=candidates,
        median_rank=float(np.median(np.where(counts > 0, ranks, candidates) + 1)),
        with_ties=found,
    )


def _shares(ranks: np.ndarray, counts: np.ndarray) -> tuple[float, ...]:
    return tuple(float(((ranks < rank) & (counts > 0)).mean()) for rank in RANKS)


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
