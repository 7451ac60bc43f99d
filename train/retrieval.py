"""Recall of retrieval: how often what belongs to a query is among the nearest candidates (section 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from train.vectors import normalised

RANKS = (1, 5, 10)
_AT_ONCE = 1024  # queries


@dataclass(frozen=True)
class Recalls:
    """R@1, R@5 and R@10, from 0 to 1, of one direction, and what chance would reach."""

    found: tuple[float, ...]
    chance: tuple[float, ...]
    queries: int
    candidates: int

    @property
    def over_chance(self) -> float:
        """How many times chance R@1 is."""
        return self.found[0] / self.chance[0]


def image_to_text(images: np.ndarray, texts: np.ndarray, image_of_text: np.ndarray) -> Recalls:
    """How well images find their texts: embeddings, float (images, d) and (texts, d); `image_of_text` int (texts,).

    An image is found at a rank if any of its texts is.
    """
    right = image_of_text[None, :] == np.arange(len(images))[:, None]
    return _recalls(images, texts, right)


def text_to_image(images: np.ndarray, texts: np.ndarray, image_of_text: np.ndarray) -> Recalls:
    """How well texts find their image; see `image_to_text`."""
    right = image_of_text[:, None] == np.arange(len(images))[None, :]
    return _recalls(texts, images, right)


def _recalls(queries: np.ndarray, candidates: np.ndarray, right: np.ndarray) -> Recalls:
    ranks = np.concatenate(list(_ranks(normalised(queries), normalised(candidates), right)))
    counts = right.sum(axis=1)
    return Recalls(
        found=tuple(float(((ranks < rank) & (counts > 0)).mean()) for rank in RANKS),
        chance=tuple(float(_chance(counts, len(candidates), rank).mean()) for rank in RANKS),
        queries=len(queries),
        candidates=len(candidates),
    )


def _ranks(queries: np.ndarray, candidates: np.ndarray, right: np.ndarray) -> Iterator[np.ndarray]:
    """How many wrong candidates aren't further than the nearest right one: neither a tie nor NaN is ever a find."""
    for begin in range(0, len(queries), _AT_ONCE):
        similarities = queries[begin : begin + _AT_ONCE] @ candidates.T
        belongs = right[begin : begin + _AT_ONCE]
        best = np.where(belongs, similarities, -np.inf).max(axis=1, keepdims=True)
        yield (~(similarities < best) & ~belongs).sum(axis=1)


def _chance(right: np.ndarray, candidates: int, rank: int) -> np.ndarray:
    """How probable it is that `rank` candidates drawn at random hold one of the `right` ones, for each query."""
    drawn = np.arange(min(rank, candidates))[None, :]
    wrong = np.maximum(candidates - right[:, None] - drawn, 0) / (candidates - drawn)
    return 1 - wrong.prod(axis=1)
