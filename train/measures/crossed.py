"""Crisscrossed Captions: retrieval in all four directions, and how well similarities follow those of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from train.measures.captions import Read, read_captioned
from train.measures.correlation import Correlation, bootstrap
from train.measures.result import Line, Measured
from train.measures.towers import Towers
from train.retrieval import Belongs, recalls, same_label
from train.sets.crossed import Rating
from train.sets.files import BadSet
from train.sets.karpathy import Captioned

IMAGE, TEXT = "image", "text"
DIRECTIONS = ((IMAGE, TEXT), (TEXT, IMAGE), (TEXT, TEXT), (IMAGE, IMAGE))


@dataclass(frozen=True)
class Task:
    """Ratings of one kind: its name, what the two items are, and which of them is the query."""

    name: str
    items: tuple[str, str]
    query: int
    ratings: Sequence[Rating]


@dataclass(frozen=True)
class Rated:
    """Ratings among what could be read: the numbers of both items, int64 (ratings,), and the scores, float64."""

    items: tuple[np.ndarray, np.ndarray]
    scores: np.ndarray


@dataclass(frozen=True)
class CrossedSet:
    """Pictures with the first `captions` captions of each, and ratings; those of `min_rating` and more belong together.

    `samples` and `seed` are those of the bootstrap.
    """

    pictures: Sequence[Captioned]
    captions: int
    tasks: Sequence[Task]
    min_rating: float
    samples: int
    seed: int

    def measure(self, towers: Towers) -> Measured:
        """Raises BadSet where nothing can be read, or no rating is of what there is."""
        read = read_captioned(towers, self.pictures, self.captions)
        rated = {task.name: _rated(task, read) for task in self.tasks}
        directions = [self._retrieval(read, rated, *direction) for direction in DIRECTIONS]
        correlations = [self._correlation(task, read, rated[task.name]) for task in self.tasks]
        mean = float(np.mean([line.values[0] for line in correlations]))
        used = sum(len(each.scores) for each in rated.values())
        unknown = sum(len(task.ratings) for task in self.tasks) - used
        lines = (*directions, *correlations, Line("mean of all three", ("mean",), (mean,)))
        return read.measured(lines, ratings=used, **{"ratings of what isn't there": unknown})

    def _retrieval(self, read: Read, rated: Mapping[str, Rated], query: str, candidate: str) -> Line:
        """What is of the same picture belongs together, and what people rate similar."""
        vectors, owners = _vectors(read), {IMAGE: np.arange(len(read.images)), TEXT: read.owners}
        belongs = same_label(owners[query], owners[candidate])
        for task in self.tasks:
            belongs = self._with_rated(belongs, task, rated[task.name], query, candidate)
        itself = np.arange(len(vectors[query])) if query == candidate else None
        try:
            found = recalls(vectors[query], vectors[candidate], belongs, itself)
        except ValueError as error:
            raise BadSet(f"{query} to {candidate}: {error}") from error
        return Line.of_recalls(f"{query} to {candidate}", found)

    def _with_rated(self, belongs: Belongs, task: Task, rated: Rated, query: str, candidate: str) -> Belongs:
        high = rated.scores >= self.min_rating
        first, second = (items[high] for items in rated.items)
        if task.items == (query, candidate):
            belongs = _also(belongs, first, second)
        if task.items == (candidate, query):
            belongs = _also(belongs, second, first)
        return belongs

    def _correlation(self, task: Task, read: Read, rated: Rated) -> Line:
        found = correlation(task, _vectors(read), rated, self.samples, self.seed)
        return Line(task.name, ("mean", "std"), (found.mean, found.deviation))


def correlation(task: Task, vectors: Mapping[str, np.ndarray], rated: Rated, samples: int, seed: int) -> Correlation:
    """Of cosines with ratings. Raises BadSet."""
    first, second = (vectors[kind][items] for kind, items in zip(task.items, rated.items, strict=True))
    cosines = np.einsum("ij,ij->i", first, second)
    try:
        return bootstrap(rated.items[task.query], cosines, rated.scores, samples, seed)
    except BadSet as error:
        raise BadSet(f"{task.name}: {error}") from error


def _vectors(read: Read) -> dict[str, np.ndarray]:
    return {IMAGE: read.images, TEXT: read.texts}


def _rated(task: Task, read: Read) -> Rated:
    """The ratings of which both items could be read."""
    images = {path.rpartition("/")[2]: number for number, path in enumerate(read.paths)}
    numbers: dict[str, Mapping[int | str, int]] = {
        IMAGE: dict(images.items()),
        TEXT: {name: number for number, name in enumerate(read.caption_ids)},
    }
    first, second = (numbers[kind] for kind in task.items)
    known = [rating for rating in task.ratings if rating.first in first and rating.second in second]
    items = (
        np.array([first[each.first] for each in known], int),
        np.array([second[each.second] for each in known], int),
    )
    return Rated(items, np.array([each.score for each in known], float))


def _also(belongs: Belongs, queries: np.ndarray, candidates: np.ndarray) -> Belongs:
    """What belongs already, and pairs of a query and a candidate."""
    order = np.argsort(queries, kind="stable")
    queries, candidates = queries[order], candidates[order]

    def both(part: slice) -> np.ndarray:
        matrix = belongs(part)
        pairs = slice(*np.searchsorted(queries, [part.start, part.stop]))
        matrix[queries[pairs] - part.start, candidates[pairs]] = True
        return matrix

    return both
