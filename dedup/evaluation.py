"""Evaluation images, hashed in many variants, and the evaluation images that other images are near-duplicates of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import BinaryIO

import numpy as np

from dedup.hashing import HASH_WORDS, hash_bits
from dedup.index_file import Stored, read, write
from dedup.lookup import MultiIndex
from dedup.probes import Probes, probes
from dedup.quality import is_informative
from dedup.search import Search
from dedup.variants import AS_IS, DEFAULT, check_mode, variant_coefficients, variants, warp
from dedup.verify import VIEW_SIDE, scores, views
from filters.picture import Picture, UndecodableImage

_IMAGES_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Matches:
    """The evaluation image that each of n images is a near-duplicate of: the accepted one at the smallest distance."""

    image: np.ndarray  # int32 (n,): index into the index's ids, -1 for no match
    distance: np.ndarray  # int32 (n,): bits, -1 for no match
    score: np.ndarray  # float32 (n,): of the aligned views, nan for no match
    transform: list[str | None]  # difference between the two, such as "crop centre 0.9"


class EvalIndex(Stored):
    """The index of evaluation images, which finds near-duplicates of them.

    A million entries, some 10,000 images in mode `default`, take 80 MB, mapped from the file if loaded from one, and
    100 MB more for the tables that the first `match` makes. `match` needs some 50 MB beside its matches.
    """

    def match(self, lumas: np.ndarray, search: Search) -> Matches:
        """Matches each luma, uint8 (n, 128, 128).

        The match is the evaluation image at the smallest distance among those near and alike enough; ties take the
        first. An image is compared by its nearest entry alone. Images that hold too little to be told apart, such as a
        blank page, match nothing.
        """
        matches = _no_matches(len(lumas))
        for start in range(0, len(lumas), _IMAGES_AT_ONCE):
            part = slice(start, start + _IMAGES_AT_ONCE)
            self._match(lumas[part], search, matches, start)
        return matches

    def _match(self, lumas: np.ndarray, search: Search, matches: Matches, start: int) -> None:
        asked = probes(lumas, search.thorough)
        for probe, entry, distance in self._candidates(asked, search.max_distance):
            luma, image = asked.images[probe], self.images[entry]
            if matches.image[start + luma] >= 0:
                continue
            variant = variants(self.mode)[self.variants[entry]]
            ours = warp(self.views[image], self.sizes[image], variant)
            score = scores(ours[None], asked.view(probe, lumas)[None])[0]
            if search.accepts(distance, score):
                matches.image[start + luma], matches.distance[start + luma] = image, distance
                matches.score[start + luma] = score
                matches.transform[start + luma] = _difference(variant.name, asked.names[probe])

    def _candidates(self, asked: Probes, max_distance: int) -> Iterator[tuple[int, int, int]]:
        """Probe, entry and distance, nearest first; for each luma and evaluation image only the nearest entry."""
        pairs = self._lookup(asked.hashes, max_distance)
        order = np.lexsort((pairs.query, pairs.entry, pairs.distance))
        lumas, images = asked.images[pairs.query[order]], self.images[pairs.entry[order]].astype(np.int64)
        _, first = np.unique(lumas * len(self.ids) + images, return_index=True)
        for pair in order[np.sort(first)]:
            yield int(pairs.query[pair]), int(pairs.entry[pair]), int(pairs.distance[pair])

    @cached_property
    def _lookup(self) -> MultiIndex:
        return MultiIndex(self.hashes)

    def save(self, file: BinaryIO) -> None:
        """Writes an Arrow IPC file, one row per image. Equal indexes give equal bytes."""
        write(file, self)

    @classmethod
    def load(cls, source: str | BinaryIO) -> EvalIndex:
        """Reads an index from `save`; the file at a path is mapped to memory, not copied.

        Raises ValueError with one line for another file, a damaged one, and another version or mode.
        """
        return cls(**vars(read(source)))

    @classmethod
    def join(cls, indexes: Sequence[EvalIndex]) -> EvalIndex:
        """Joins the images of several indexes, in their order. Raises ValueError for none, or for different modes."""
        modes = sorted({index.mode for index in indexes})
        if len(modes) != 1:
            raise ValueError(f"indexes of one mode can be joined; these are {', '.join(modes) or 'none'}")
        if len(indexes) == 1:
            return indexes[0]  # stays mapped
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


def _no_matches(count: int) -> Matches:
    none = np.full(count, -1, np.int32)
    return Matches(none, none.copy(), np.full(count, np.nan, np.float32), [None] * count)


def _difference(variant: str, probe: str) -> str:
    """Describes a copy: the variant of the evaluation image, and the part of the copy that matches it."""
    return ", ".join(name for name in (variant, probe) if name != AS_IS) or AS_IS


def build(images: Iterable[tuple[str, bytes]], max_pixels: int, mode: str = DEFAULT) -> tuple[EvalIndex, list[str]]:
    """Builds the index of (id, bytes of an image); also returns the ids of undecodable images.

    Processes that share the work build an index of a part each; `EvalIndex.join` gives the result of building at once.
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
    """Id, luma and size of the images that can be decoded; the other ids are appended to `undecodable`."""
    for image_id, data in images:
        try:
            picture = Picture(data, max_pixels)
            yield image_id, picture.luma(), (picture.header.width, picture.header.height)
        except UndecodableImage:
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
    pixels, shapes = np.stack(lumas), np.array(sizes, np.int32)
    coefficients = variant_coefficients(pixels, shapes, mode)
    images, kinds = np.nonzero(is_informative(coefficients))
    return EvalIndex(
        ids=list(ids),
        mode=mode,
        hashes=hash_bits(coefficients[images, kinds]),
        images=images.astype(np.int32),
        variants=kinds.astype(np.uint16),
        views=views(pixels),
        sizes=shapes,
    )
