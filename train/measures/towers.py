"""The interface of a measured model: it makes vectors of pictures and of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from train.sets.files import BadSet


class Towers(Protocol):
    """Both towers of a model."""

    @property
    def width(self) -> int:
        """The length of a vector."""

    def pictures(self, paths: Sequence[str]) -> Iterator[np.ndarray | ValueError]:
        """Yields each picture's vector, float32 (width,) of length 1, or the error."""

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of texts, float32 (texts, width), each of length 1."""

    def words(self, words: Sequence[str]) -> np.ndarray:
        """The vectors of single words in the text tower's own space, float32 (words, any), each of length 1."""


@dataclass(frozen=True)
class PictureVectors:
    """Readable pictures: their vectors, float32 (read, width), and their indices among all, int64 (read,); and the
    errors of the others.
    """

    vectors: np.ndarray
    places: np.ndarray
    unreadable: tuple[str, ...]


def picture_vectors(towers: Towers, paths: Sequence[str]) -> PictureVectors:
    """Embeds pictures. Raises BadSet if none can be read."""
    vectors, places, unreadable = np.empty((len(paths), towers.width), np.float32), list[int](), list[str]()
    for place, seen in enumerate(towers.pictures(paths)):
        if isinstance(seen, ValueError):
            unreadable.append(str(seen))
        else:
            vectors[len(places)] = seen
            places.append(place)
    if not places:
        raise BadSet(f"none of its {len(paths):,} images can be read; {unreadable[0] if unreadable else 'it has none'}")
    return PictureVectors(vectors[: len(places)], np.array(places), tuple(unreadable))
