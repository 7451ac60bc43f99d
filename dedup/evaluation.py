"""The images of evaluation sets, hashed in many variants, and which of them an image is a near-duplicate of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import BinaryIO

import numpy as np

from dedup import index_file
from dedup.hashing import HASH_BITS, HASH_WORDS, coefficients, hash_bits, hashes, orientations
from dedup.lookup import Nearest
from dedup.variants import DEFAULT, check_mode, names
from dedup.verify import VIEW_SIDE, views
from filters.pixels import Picture, Undecodable

_IMAGES_AT_ONCE = 64


@dataclass(frozen=True)
class Search:
    """What counts as a near-duplicate. Raises ValueError for numbers out of range."""

    max_distance: int = 50  # bits of 256
    min_score: float = 0.4  # of the two aligned views: -1 to 1
    thorough: bool = False  # looks up 17 parts of each image too

    def __post_init__(self) -> None:
        if not 0 <= self.max_distance <= HASH_BITS:
            raise ValueError(f"max_distance: {self.max_distance}; a distance is 0 to {HASH_BITS} bits")
        if not -1 <= self.min_score <= 1:
            raise ValueError(f"min_score: {self.min_score}; a score is -1 to 1")


@dataclass(frozen=True, eq=False)
class Matches:
    """The evaluation image that each of n images is a near-duplicate of: the accepted one at the smallest distance."""

    image: np.ndarray  # int32 (n,): the place in the index's ids, -1 where there is none
    distance: np.ndarray  # int32 (n,): bits, -1 where there is none
    score: np.ndarray  # float32 (n,): of the aligned views, nan where there is none
    transform: list[str | None]  # how the two differ, such as "crop centre 0.9"


@dataclass(frozen=True, eq=False)
class EvalIndex:
    """Images and the hashes that stand for them, its entries, in the order of the images."""

    ids: Sequence[str]  # <set>/<id> of each image
    mode: str  # which variants of an image are entries
    hashes: np.ndarray  # uint64 (entries, 4)
    images: np.ndarray  # int32 (entries,): the image of each entry, ascending
    variants: np.ndarray  # uint16 (entries,): the place of each entry's variant in `variants.MODES[mode]`
    views: np.ndarray  # uint8 (images, 64, 64)
    sizes: np.ndarray  # int32 (images, 2): width and height in pixels

    def match(self, lumas: np.ndarray, search: Search) -> Matches:
        """The best match of each luma, uint8 (n, 128, 128)."""
        entries, distances = self._nearest(hashes(lumas), search.max_distance)
        found = entries >= 0
        return Matches(
            image=np.where(found, self.images[entries] if len(self.images) else -1, -1).astype(np.int32),
            distance=distances,
            score=np.where(found, 1, np.nan).astype(np.float32),
            transform=[names(self.mode)[self.variants[entry]] if entry >= 0 else None for entry in entries],
        )

    @cached_property
    def _nearest(self) -> Nearest:
        return Nearest(self.hashes)

    def save(self, file: BinaryIO) -> None:
        """Writes an Arrow IPC file, a row an image. Equal indexes give equal bytes."""
        index_file.write(file, index_file.Columns(**vars_of(self)))

    @classmethod
    def load(cls, source: str | BinaryIO) -> EvalIndex:
        """Reads what `save` wrote; the file at a path is mapped to memory, not copied.

        Raises ValueError with one line for another file, a damaged one, and another version or mode.
        """
        return cls(**vars(index_file.read(source)))

    @classmethod
    def join(cls, indexes: Sequence[EvalIndex]) -> EvalIndex:
        """One index of the images of several, in their order. Raises ValueError for none, or for different modes."""
        modes = sorted({index.mode for index in indexes})
        if len(modes) != 1:
            raise ValueError(f"indexes of one mode can be joined; these are {', '.join(modes) or 'none'}")
        firsts = np.cumsum([0, *(len(index.ids) for index in indexes)])
        images = [index.images + np.int32(first) for index, first in zip(indexes, firsts, strict=False)]
        return cls(
            ids=[id_ for index in indexes for id_ in index.ids],
            mode=modes[0],
            hashes=np.concatenate([index.hashes for index in indexes]),
            images=np.concatenate(images),
            variants=np.concatenate([index.variants for index in indexes]),
            views=np.concatenate([index.views for index in indexes]),
            sizes=np.concatenate([index.sizes for index in indexes]),
        )


def vars_of(index: EvalIndex) -> dict:
    return {name: getattr(index, name) for name in index.__dataclass_fields__}


def build(images: Iterable[tuple[str, bytes]], max_pixels: int, mode: str = DEFAULT) -> tuple[EvalIndex, list[str]]:
    """The index of (id, bytes of an image), and the ids of those that can't be decoded.

    Processes that share the work build an index of a part each; `EvalIndex.join` gives the same as building at once.
    Raises ValueError for an unknown mode.
    """
    check_mode(mode)
    undecodable: list[str] = []
    decoded = _decoded(iter(images), max_pixels, undecodable)
    parts = [_empty(mode)]
    while batch := list(islice(decoded, _IMAGES_AT_ONCE)):
        parts.append(_part(batch, mode))
    return EvalIndex.join(parts), undecodable


def _decoded(
    images: Iterator[tuple[str, bytes]], max_pixels: int, undecodable: list[str]
) -> Iterator[tuple[str, np.ndarray, tuple[int, int]]]:
    """Id, luma and size of the images that have them; the ids of the others go to the list."""
    for image_id, data in images:
        try:
            picture = Picture(data, max_pixels)
            yield image_id, picture.luma(), (picture.header.width, picture.header.height)
        except Undecodable:
            undecodable.append(image_id)


def _empty(mode: str) -> EvalIndex:
    return EvalIndex(
        ids=[],
        mode=mode,
        hashes=np.empty((0, HASH_WORDS), np.uint64),
        images=np.empty(0, np.int32),
        variants=np.empty(0, np.uint16),
        views=np.empty((0, VIEW_SIDE, VIEW_SIDE), np.uint8),
        sizes=np.empty((0, 2), np.int32),
    )


def _part(batch: list[tuple[str, np.ndarray, tuple[int, int]]], mode: str) -> EvalIndex:
    ids, lumas, sizes = zip(*batch, strict=True)
    pixels = np.stack(lumas)
    found = hash_bits(orientations(coefficients(pixels)))
    kinds = found.shape[1]
    return EvalIndex(
        ids=list(ids),
        mode=mode,
        hashes=found.reshape(-1, HASH_WORDS),
        images=np.repeat(np.arange(len(ids), dtype=np.int32), kinds),
        variants=np.tile(np.arange(kinds, dtype=np.uint16), len(ids)),
        views=views(pixels),
        sizes=np.array(sizes, np.int32),
    )
