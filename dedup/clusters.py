"""Candidate pairs of vectors, found as in ALIGN's appendix A: vectors that share a bucket of clusters.

There k-means gives 4K clusters; a vector belongs to its 10 nearest, and to a bucket for each 3 of these; two vectors
that share a bucket are compared. They share one if and only if they have 3 clusters in common, so buckets needn't be
made. The paper leaves details open, and we decide: the clusters are those of the evaluation vectors, since clusters of
the corpus would take a pass over all its images; the nearest centre is that at the largest cosine, and a centre is the
mean of its vectors, scaled to length 1; it starts at vectors drawn with a fixed seed and ends after 10 rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, BinaryIO

import numpy as np

ROUNDS = 10
_SEED = 0
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Clusters:
    """Settings of the search: `count` clusters; two vectors must share `bucket` of their `nearest`.

    There are no more clusters than vectors. Raises ValueError for numbers that find nothing.
    """

    count: Annotated[int, "clusters of the evaluation vectors", "clusters"] = 4096
    nearest: Annotated[int, "nearest clusters, to which a vector belongs", "clusters"] = 10
    bucket: Annotated[int, "clusters that two vectors have in common before they are compared", "clusters"] = 3

    def __post_init__(self) -> None:
        if not 1 <= self.bucket <= self.nearest <= self.count:
            raise ValueError(
                f"bucket: {self.bucket} of the nearest {self.nearest} of {self.count} clusters: "
                "each must be 1 at least and no more than the next"
            )


@dataclass(frozen=True, eq=False)
class Buckets:
    """The clusters of n vectors."""

    centres: np.ndarray  # float32 (clusters, d), of length 1
    nearest: np.ndarray  # int32 (n, nearest): the clusters that each vector belongs to
    bucket: int  # clusters that two vectors must share

    @classmethod
    def of(cls, vectors: np.ndarray, clusters: Clusters) -> Buckets:
        """Finds the clusters of unit vectors, float32 (n, d)."""
        centres = kmeans(vectors, clusters.count)
        return cls(centres, nearest_centres(vectors, centres, clusters.nearest), clusters.bucket)

    def candidates(self, queries: np.ndarray) -> list[np.ndarray]:
        """Indices, ascending, of the vectors that share a bucket with each of the unit vectors `queries`."""
        asked = nearest_centres(queries, self.centres, self.nearest.shape[1])
        return [self._sharing(clusters) for clusters in asked]

    def _sharing(self, clusters: np.ndarray) -> np.ndarray:
        members, starts = self._members
        found = np.concatenate([members[starts[cluster] : starts[cluster + 1]] for cluster in clusters])
        vectors, shared = np.unique(found, return_counts=True)
        # if there are fewer clusters than make a bucket, as with few vectors, all must be shared
        return vectors[shared >= min(self.bucket, len(clusters))]

    @cached_property
    def _members(self) -> tuple[np.ndarray, np.ndarray]:
        """Vectors cluster after cluster, and each cluster's start."""
        order = np.argsort(self.nearest, axis=None, kind="stable")
        starts = np.searchsorted(self.nearest.ravel()[order], np.arange(len(self.centres) + 1))
        return order // max(1, self.nearest.shape[1]), starts

    def save(self, file: BinaryIO) -> None:
        """Writes three arrays, one after the other."""
        for array in (self.centres, self.nearest, np.array(self.bucket)):
            np.save(file, array)

    @classmethod
    def load(cls, file: BinaryIO) -> Buckets:
        """Reads the arrays from `save`."""
        centres, nearest, bucket = (np.load(file, allow_pickle=False) for _ in range(3))
        return cls(centres, nearest, int(bucket))


def kmeans(vectors: np.ndarray, count: int) -> np.ndarray:
    """Centres of at most `count` clusters of unit vectors, float32 (n, d); deterministic."""
    drawn = np.random.default_rng(_SEED).choice(len(vectors), min(count, len(vectors)), replace=False)
    centres = np.array(vectors[np.sort(drawn)], np.float32)
    for _ in range(ROUNDS):
        sums = _sums(vectors, centres)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        np.divide(sums, lengths, out=centres, where=lengths > 0)  # a cluster without vectors keeps its centre
    return centres


def _sums(vectors: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Sums the vectors nearest to each centre."""
    sums = np.zeros_like(centres)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = vectors[start : start + _ROWS_AT_ONCE]
        owners = nearest_centres(rows, centres, 1)[:, 0]
        order = np.argsort(owners, kind="stable")
        present, firsts = np.unique(owners[order], return_index=True)
        sums[present] += np.add.reduceat(rows[order], firsts)
    return sums


def nearest_centres(vectors: np.ndarray, centres: np.ndarray, count: int) -> np.ndarray:
    """The `count` centres at the largest cosine to each vector, in no order, int32 (n, count); all if there are fewer.

    Vectors and centres are float32 of length 1.
    """
    count = min(count, len(centres))
    found = np.empty((len(vectors), count), np.int32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        far = -(vectors[rows] @ centres.T)
        found[rows] = np.argpartition(far, count - 1, axis=1)[:, :count]
    return found
