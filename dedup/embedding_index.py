"""Evaluation images by a model's vectors, and the evaluation images that other images are near-duplicates of.

Vectors find copies that hashes miss, such as screenshots, as well as the given model does: ALIGN's isn't public.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from dedup.clusters import Buckets

Embed = Callable[[Sequence[Image.Image]], NDArray[np.float32]]  # n images, RGB or L, to n vectors (n, d)

FORMAT = "align-corpus evaluation vectors 1"
TRANSFORM = "embedding"  # replaces the description of the difference that a match by hash has
_DECIMALS = 5  # for cosines: float32 can't be trusted with more, and equal images would differ
_ENTRIES_AT_ONCE = 1 << 15
_QUERIES_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class VectorMatches:
    """The evaluation image that each of n images is a near-duplicate of: the one at the largest cosine; ties take the
    first.
    """

    image: NDArray[np.int32]  # (n,): index into the ids, -1 for no match
    cosine: NDArray[np.float32]  # (n,): rounded to 5 decimals, nan for no match


@dataclass(frozen=True, eq=False)
class EmbeddingIndex:
    """Images and their vectors. 10,000 of 2,048 numbers take 82 MB, mapped from the file if loaded from one.

    With `buckets` an image is compared with those that share one with it, else with all.
    """

    ids: Sequence[str]  # <set>/<id> of each image
    vectors: NDArray[np.float32]  # (images, d), of length 1; or 0, which is near nothing
    buckets: Buckets | None = None

    def match(self, vectors: NDArray[np.float32], min_cosine: float) -> VectorMatches:
        """Matches each image by its vector, float32 (n, d) of any length: at `min_cosine` (over 0) or more.

        Raises ValueError for vectors of another model's length.
        """
        if vectors.shape[1:] != self.vectors.shape[1:]:
            raise ValueError(f"vectors of {vectors.shape[1]} numbers; those of the index have {self.vectors.shape[1]}")
        found = VectorMatches(np.full(len(vectors), -1, np.int32), np.full(len(vectors), np.nan, np.float32))
        for start in range(0, len(vectors), _QUERIES_AT_ONCE):
            part = slice(start, start + _QUERIES_AT_ONCE)
            queries = unit(vectors[part])
            image, cosine = self._compare_with_all(queries) if self.buckets is None else self._compare(queries)
            near = cosine >= np.float32(min_cosine)
            found.image[part] = np.where(near, image, -1)
            found.cosine[part] = np.where(near, cosine, np.nan)
        return found

    def _compare_with_all(self, queries: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The best image of all for each query and its cosine."""
        image, cosine = np.full(len(queries), -1), np.full(len(queries), -2, np.float32)
        for start in range(0, len(self.vectors), _ENTRIES_AT_ONCE):
            cosines = np.round(queries @ self.vectors[start : start + _ENTRIES_AT_ONCE].T, _DECIMALS)
            best = cosines.argmax(axis=1)
            highest = cosines[np.arange(len(queries)), best]
            image = np.where(highest > cosine, start + best, image)
            cosine = np.maximum(highest, cosine)
        return image, cosine

    def _compare(self, queries: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The best image that shares a bucket with each query, and its cosine."""
        assert self.buckets is not None
        image, cosine = np.full(len(queries), -1), np.full(len(queries), -2, np.float32)
        for query, candidates in enumerate(self.buckets.candidates(queries)):
            if len(candidates):
                cosines = np.round(self.vectors[candidates] @ queries[query], _DECIMALS)
                image[query], cosine[query] = candidates[cosines.argmax()], cosines.max()
        return image, cosine

    def save(self, file: BinaryIO) -> None:
        """Writes ids and vectors as an Arrow IPC file, one row per image; buckets are saved in a separate file."""
        width = self.vectors.shape[1]
        fields = {"id": pa.string(), "vector": pa.list_(pa.float32(), width)}
        numbers = pa.array(np.ascontiguousarray(self.vectors, np.float32).ravel())
        arrays = [pa.array(self.ids, pa.string()), pa.FixedSizeListArray.from_arrays(numbers, width)]
        schema = pa.schema(fields, {"format": FORMAT})
        with pa.ipc.new_file(file, schema) as writer:
            writer.write_batch(pa.record_batch(arrays, schema=schema))

    @classmethod
    def load(cls, source: str | BinaryIO, buckets: Buckets | None = None) -> EmbeddingIndex:
        """Reads an index from `save`; the file at a path is mapped to memory. Raises ValueError for another file."""
        try:
            reader = pa.ipc.open_file(pa.memory_map(source) if isinstance(source, str) else source)
        except pa.ArrowInvalid as error:
            raise ValueError(f"{source}: no vectors of evaluation images, or damaged ones") from error
        if (found := (reader.schema.metadata or {}).get(b"format", b"none").decode()) != FORMAT:
            raise ValueError(f"{source}: format {found}; this version reads {FORMAT}")
        batch = reader.get_batch(0)
        vectors = batch["vector"]
        numbers = vectors.values.to_numpy().reshape(len(batch), vectors.type.list_size)
        return cls(batch["id"].to_pylist(), numbers, buckets)

    @classmethod
    def join(cls, indexes: Sequence[EmbeddingIndex]) -> EmbeddingIndex:
        """Joins the images of several indexes, in their order, without buckets. Raises ValueError for none."""
        indexes = [index for index in indexes if len(index.ids)] or indexes[:1]
        ids = [id_ for index in indexes for id_ in index.ids]
        return cls(ids, np.concatenate([index.vectors for index in indexes]))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors at length 1, float32 (n, d); 0 stays 0. Raises ValueError for NaN or infinity."""
    vectors = np.asarray(vectors, np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError("the model gives a vector that holds nan or an infinity")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return scaled
