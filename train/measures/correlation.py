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
