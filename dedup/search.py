"""Limits of near-duplicates: the distance of two hashes, and the score of the two aligned pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from dedup.hashing import HASH_BITS

CLOSE = 31  # bits: up to this distance `min_score` is enough
STRICTER_A_BIT, STRICTEST = 0.02, 0.8


@dataclass(frozen=True)
class Limits:
    """Limits of distance and score for near-duplicates. Raises ValueError for numbers out of range."""

    max_distance: Annotated[int, "most bits of the hash that differ in a near-duplicate", "bits of 256"] = 50
    min_score: Annotated[float, "lowest correlation of the two aligned views, -1 to 1; over 31 bits it is higher"] = 0.4

    def __post_init__(self) -> None:
        if not 0 <= self.max_distance <= HASH_BITS:
            raise ValueError(f"max_distance: {self.max_distance}; a distance is 0 to {HASH_BITS} bits")
        if not -1 <= self.min_score <= 1:
            raise ValueError(f"min_score: {self.min_score}; a score is -1 to 1")

    def accepts(self, distance: int, score: float) -> bool:
        """Returns whether views with this score, and hashes at this distance, show one picture."""
        return distance <= self.max_distance and score >= self.least_score(distance)

    def least_score(self, distance: int) -> float:
        """The smallest score that suffices at a distance.

        The farther the hashes, the more alike the views have to be: clothes of one cut, laid out alike, are 48 bits
        apart and score 0.66.
        """
        more = STRICTER_A_BIT * max(distance - CLOSE, 0)
        return max(self.min_score, min(self.min_score + more, STRICTEST))


@dataclass(frozen=True)
class Search(Limits):
    """Limits, and how thorough the lookup is."""

    thorough: bool = False  # also looks up 17 parts of each image
