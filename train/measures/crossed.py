"""Crisscrossed Captions: retrieval in all four directions, and similarities' correlation with people's ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.measures.captions import Read, read_captioned
from train.measures.correlation import bootstrap
from train.measures.result import Line, Measured
from train.measures.towers import Towers
from train.retrieval import Belongs, recalls, same_label
from train.sets.crossed import Rating
from train.sets.files import BadSet
from train.sets.karpathy import Captioned

IMAGE, TEXT = "image", "text"
DIRECTIONS = ((IMAGE, TEXT), (TEXT, IMAGE), (TEXT, TEXT), (IMAGE, IMAGE))


@dataclass(frozen=True)
class RatingTask:
    """Ratings of one kind: its name, the kinds of the two items, and the index of the query."""

    name: str
    items: tuple[str, str]
    query: int
    ratings: Sequence[Rating]


@dataclass(frozen=True)
class CrossedSet:
    """Pictures with the first `captions` captions of each, and ratings; pairs rated at least `min_rating` belong
    together.

    `samples` and `seed` are for the bootstrap.
    """

    pictures: Sequence[Captioned]
    captions: int
    tasks: Sequence[RatingTask]
    min_rating: float
    samples: int
    seed: int

    def measure(self, towers: Towers) -> Measured:
        """Measures all tasks. Raises BadSet if nothing can be read, or no rating has its items."""
        read = read_captioned(towers, self.pictures, self.captions)
        rated = [_rated(task, read) for task in self.tasks]
        together = [pairs for each in rated for pairs in each.both_ways(self.min_rating)]
        items = {IMAGE: Items(read.images, np.arange(len(read.images))), TEXT: Items(read.texts, read.owners)}
        directions = [retrieval(items, *direction, together) for direction in DIRECTIONS]
        correlations = [self._correlation(items, each) for each in rated]
        mean = Line("mean of all three", ("mean",), (float(np.mean([line.values[0] for line in correlations])),))
        used = sum(len(each.scores) for each in rated)
        unknown = sum(len(task.ratings) for task in self.tasks) - used
        ratings = {"ratings": used, "ratings of what isn't there": unknown}
        return read.measured((*directions, *correlations, mean), **ratings)

    def _correlation(self, items: Mapping[str, Items], rated: Rated) -> Line:
        """Correlation of cosines with ratings."""
        first, second = (
            items[kind].vectors[which] for kind, which in zip(rated.task.items, rated.numbers, strict=True)
        )
        cosines = np.einsum("ij,ij->i", first, second)
        try:
            found = bootstrap(rated.numbers[rated.task.query], cosines, rated.scores, self.samples, self.seed)
        except BadSet as error:
            raise BadSet(f"{rated.task.name}: {error}") from error
        return Line(rated.task.name, ("mean", "std"), (found.mean, found.deviation))


@dataclass(frozen=True)
class Items:
    """All pictures, or all captions: vectors, float32 (items, width), and their pictures, int64 (items,)."""

    vectors: np.ndarray
    pictures: np.ndarray


@dataclass(frozen=True)
class MatchingItems:
    """Indices, int64 (pairs,), of queries of one kind and candidates of another that belong together."""

    direction: tuple[str, str]
    queries: np.ndarray
    candidates: np.ndarray


@dataclass(frozen=True)
class Rated:
    """Ratings among items that could be read: both items' indices, int64 (ratings,), and the scores, float64."""

    task: RatingTask
    numbers: tuple[np.ndarray, np.ndarray]
    scores: np.ndarray

    def both_ways(self, min_rating: float) -> tuple[MatchingItems, MatchingItems]:
        """Pairs rated high enough, from the first to the second and back."""
        first, second = (numbers[self.scores >= min_rating] for numbers in self.numbers)
        return MatchingItems(self.task.items, first, second), MatchingItems(self.task.items[::-1], second, first)


def retrieval(items: Mapping[str, Items], query: str, candidate: str, together: Sequence[MatchingItems]) -> Line:
    """Items of one picture belong together, as do `together`'s pairs of this direction. Raises BadSet if none do."""
    queries, candidates = items[query], items[candidate]
    belongs = same_label(queries.pictures, candidates.pictures)
    for pairs in together:
        if pairs.direction == (query, candidate):
            belongs = _with_pairs(belongs, pairs)
    itself = np.arange(len(queries.vectors)) if query == candidate else None
    try:
        found = recalls(queries.vectors, candidates.vectors, belongs, itself)
    except ValueError as error:
        raise BadSet(f"{query} to {candidate}: {error}") from error
    return Line.of_recalls(f"{query} to {candidate}", found)


def _with_pairs(belongs: Belongs, pairs: MatchingItems) -> Belongs:
    """Adds the pairs to those that belong already."""
    order = np.argsort(pairs.queries, kind="stable")
    queries, candidates = pairs.queries[order], pairs.candidates[order]

    def both(part: slice) -> np.ndarray:
        matrix = belongs(part)
        asked = slice(*np.searchsorted(queries, [part.start, part.stop]))
        matrix[queries[asked] - part.start, candidates[asked]] = True
        return matrix

    return both


def _rated(task: RatingTask, read: Read) -> Rated:
    """Keeps the ratings of which both items could be read."""
    numbers: dict[str, dict[int | str, int]] = {
        IMAGE: {path.rpartition("/")[2]: number for number, path in enumerate(read.paths)},
        TEXT: {caption: number for number, caption in enumerate(read.caption_ids)},
    }
    first, second = (numbers[kind] for kind in task.items)
    known = [each for each in task.ratings if each.first in first and each.second in second]
    firsts, seconds = [first[each.first] for each in known], [second[each.second] for each in known]
    return Rated(task, (np.array(firsts, int), np.array(seconds, int)), np.array([each.score for each in known], float))
