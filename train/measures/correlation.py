"""Agreement of a model's similarities with people's: Spearman's correlation over bootstrap samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.sets.files import BadSet

FEWEST = 4  # queries: a correlation needs two, and half of them are drawn


@dataclass(frozen=True)
class Correlation:
    """Mean and standard deviation over the samples, from -1 to 1; and the numbers of queries and ratings."""

    mean: float
    deviation: float
    queries: int
    ratings: int


def bootstrap(queries: np.ndarray, model: np.ndarray, people: np.ndarray, samples: int, seed: int) -> Correlation:
    """Bootstraps Spearman's correlation: each sample draws half of the queries and one rating per query.

    `queries` int (ratings,) gives each rating's query; `model` and `people` float (ratings,) are similarities. A model
    that finds all equally similar has correlation 0. Deterministic for a seed. Raises BadSet for fewer than four
    queries.
    """
    counts = np.unique(queries, return_counts=True)[1]
    if len(counts) < FEWEST:
        raise BadSet(f"{len(counts)} queries with ratings; a correlation needs {FEWEST}")
    ratings = np.argsort(queries, kind="stable")  # query by query
    begins = np.cumsum(counts) - counts
    random = np.random.default_rng(seed)
    values = np.empty(samples)
    for number in range(samples):
        drawn = random.choice(len(counts), len(counts) // 2, replace=False)
        rows = ratings[begins[drawn] + random.integers(counts[drawn])]
        values[number] = spearman(model[rows], people[rows])
    return Correlation(float(values.mean()), float(values.std()), len(counts), len(queries))


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """The correlation of the ranks of two series, float (n,) each; ties share their mean rank. 0 if one is constant."""
    from scipy.stats import rankdata

    ranks = np.stack([rankdata(first), rankdata(second)])
    if np.ptp(ranks, axis=1).min() == 0:
        return 0.0
    return float(np.corrcoef(ranks)[0, 1])
