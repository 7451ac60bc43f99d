"""The model that embeds images, by the settings `dedup.embedding`, and the files of evaluation pictures' vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PIL import Image

from dedup.clusters import Buckets
from dedup.embedding_index import Embed, EmbeddingIndex, VectorMatches, unit
from filters.models import Network, load_network
from filters.picture import Picture, UndecodableImage
from pipeline.config import Embedding
from pipeline.files import Output, local_copy, open_file
from pipeline.storage.evaluation import EVAL_CLUSTERS, EVAL_VECTORS


@dataclass(frozen=True)
class Embedder:
    """Gives images their vectors by a network, one at a time: float32 (n, d)."""

    network: Network

    def __call__(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.stack([self._vector(image) for image in images])

    def _vector(self, image: Image.Image) -> np.ndarray:
        output = self.network(image)
        if output.ndim < 2 or output.size != max(output.shape):
            raise ValueError(f"{self.network.name}: output of shape {output.shape} is no vector for one image")
        return output.reshape(-1).astype(np.float32)


@lru_cache(maxsize=1)
def load_embedder(settings: Embedding) -> Embed:
    """The model that the settings name, loaded once a process. Raises what `load_network` does."""
    embedder = Embedder(load_network(settings.model, settings.preparation))
    embedder([Image.new("RGB", (1, 1))])  # tells now what is wrong with the output
    return embedder


@dataclass
class PictureVectors:
    """Collects the vectors of pictures on their way to be hashed."""

    embed: Embed
    max_pixels: int
    found: dict[str, np.ndarray] = field(default_factory=dict)

    def pass_on(self, pictures: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yields each (id, bytes), with b"" for an image that can't be decoded in full, so that it is reported."""
        for name, data in pictures:
            try:
                self.found[name] = self.embed([Picture(data, self.max_pixels).converted])[0]
                yield name, data
            except UndecodableImage:
                yield name, b""

    def index(self, ids: Sequence[str]) -> EmbeddingIndex:
        """The vectors of these pictures."""
        vectors = [self.found[name] for name in ids]
        return EmbeddingIndex(ids, unit(np.stack(vectors)) if vectors else np.empty((0, 1), np.float32))


def write_vectors(output: Output, names: Sequence[str], settings: Embedding) -> None:
    """Joins the vectors of the parts `names` in one file, and finds their clusters where the search asks for them."""
    index = EmbeddingIndex.join([_open_vectors(output, name) for name in names])
    if settings.search == "clusters":
        with output.write(EVAL_CLUSTERS) as file:
            Buckets.of(index.vectors, settings.clusters).save(file)
    with output.write(EVAL_VECTORS) as file:
        index.save(file)


def _open_vectors(output: Output, name: str, buckets: Buckets | None = None) -> EmbeddingIndex:
    return EmbeddingIndex.load(local_copy(output.path(name)), buckets)


@dataclass(frozen=True)
class EmbeddingSearch:
    """The model and the vectors that its answers are compared with."""

    embed: Embed
    index: EmbeddingIndex
    min_cosine: float

    def match(self, images: Sequence[Image.Image]) -> VectorMatches:
        """The evaluation image that each image, RGB or L, is a near-duplicate of."""
        return self.index.match(self.embed(images), self.min_cosine)


def load_search(output: Output, settings: Embedding) -> EmbeddingSearch | None:
    """The search that the settings ask for; None where they ask for none, or there are no evaluation pictures."""
    if not settings.model or not output.has(EVAL_VECTORS):
        return None
    buckets = None
    if output.has(EVAL_CLUSTERS):
        with open_file(output.path(EVAL_CLUSTERS)) as file:
            buckets = Buckets.load(file)
    return EmbeddingSearch(load_embedder(settings), _open_vectors(output, EVAL_VECTORS, buckets), settings.min_cosine)
