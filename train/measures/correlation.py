"""Whether a model finds similar what people find similar: Spearman's correlation over bootstrap samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.sets.files import BadSet

FEWEST = 4  # queries: a correlation needs two, and half of them are drawn


@dataclass(frozen=True)
class Correlation:
    """Mean and standard deviation over the samples, from -1 to 1; of so many queries with so many ratings."""

    mean: float
    deviation: float
    queries: int
    ratings: int


def bootstrap(queries: np.ndarray, model: np.ndarray, people: np.ndarray, samples: int, seed: int) -> Correlation:
    """Each sample draws half of the queries, and of each one rating: `queries` int (ratings,), whose rating it is;
    `model` and `people` float (ratings,), the similarities. A model to which all is alike has correlation 0.

    The same for the same seed. Raises BadSet with fewer than four queries.
    """
    order = np.argsort(queries, kind="stable")
    begins = np.flatnonzero(np.diff(queries[order], prepend=queries.min() - 1)) if len(queries) else order
    if len(begins) < FEWEST:
        raise BadSet(f"{len(begins)} queries with ratings; a correlation needs {FEWEST}")
    counts = np.diff(begins, append=len(queries))
    random = np.random.default_rng(seed)
    values = [_sample(order, begins, counts, model, people, random) for _ in range(samples)]
    return Correlation(float(np.mean(values)), float(np.std(values)), len(begins), len(queries))


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """The correlation of the ranks of two series, float (n,) each; ties share their mean rank. 0 if one is constant."""
    from scipy.stats import rankdata

    ranks = np.stack([rankdata(first), rankdata(second)])
    if np.ptp(ranks, axis=1).min() == 0:
        return 0.0
    return float(np.corrcoef(ranks)[0, 1])


def _sample(
    order: np.ndarray,
    begins: np.ndarray,
    counts: np.ndarray,
    model: np.ndarray,
    people: np.ndarray,
    random: np.random.Generator,
) -> float:
    drawn = random.choice(len(begins), len(begins) // 2, replace=False)
    rows = order[begins[drawn] + random.integers(0, counts[drawn])]
    return spearman(model[rows], people[rows])
