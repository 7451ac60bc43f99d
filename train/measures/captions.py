"""Retrieval among pictures with captions, in both directions (section 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from train.measures.result import LeftOut, Line, Measured
from train.measures.towers import PictureVectors, Towers, picture_vectors
from train.retrieval import RANKS, Recalls, image_to_text, text_to_image
from train.sets.files import BadSet
from train.sets.karpathy import Captioned


@dataclass(frozen=True)
class Read:
    """Captioned pictures that could be read: vectors, float32 (pictures, width) and (captions, width); each caption's
    picture, int64 (captions,); and their paths and ids.
    """

    images: np.ndarray
    texts: np.ndarray
    owners: np.ndarray
    paths: tuple[str, ...]
    caption_ids: tuple[int, ...]
    left_out: LeftOut

    def measured(self, lines: Iterable[Line], **counts: int) -> Measured:
        """The result of measuring it, with its counts."""
        return self.noted(lines, (), **counts)

    def noted(self, lines: Iterable[Line], notes: tuple[str, ...], **counts: int) -> Measured:
        """The same with remarks."""
        sizes = {"pictures": len(self.images), "captions": len(self.texts), **counts}
        return Measured(tuple(lines), sizes, self.left_out, notes)


@dataclass(frozen=True)
class CaptionSet:
    """Pictures with at most `captions` captions each. `mean` adds the mean recall that Multi30k reports."""

    pictures: Sequence[Captioned]
    captions: int
    mean: bool = False

    def measure(self, towers: Towers) -> Measured:
        """Measures recalls. Raises BadSet if fewer than two pictures can be read."""
        read = read_captioned(towers, self.pictures, self.captions)
        there = image_to_text(read.images, read.texts, read.owners)
        back = text_to_image(read.images, read.texts, read.owners)
        mean = (mean_recall(there, back),) if self.mean else ()
        return read.noted((*mean, *retrieval_lines(there, back)), tie_notes(there, back))


def retrieval_lines(there: Recalls, back: Recalls) -> tuple[Line, ...]:
    """Lines from images to texts, and back."""
    return Line.of_recalls("image to text", there), Line.of_recalls("text to image", back)


def tie_notes(there: Recalls, back: Recalls) -> tuple[str, ...]:
    """A sentence for each direction in which queries have a tie, with the recalls if ties count as right."""
    directions = {"image to text": there, "text to image": back}
    return tuple(
        f"{name}: {found.ties:,} of {found.queries:,} queries have a tie, as several pictures have the same text; "
        f"ties count as wrong, and if they counted as right, R@{'/'.join(map(str, RANKS))} would be "
        f"{'/'.join(f'{share:.1%}' for share in found.with_ties)}"
        for name, found in directions.items()
        if found.ties
    )


def mean_recall(*directions: Recalls) -> Line:
    """The mean of R@1, R@5 and R@10 over all directions."""
    found, chance = (float(np.mean([getattr(each, name) for each in directions])) for name in ("found", "chance"))
    return Line("mean recall", ("mR",), (found,), (chance,))


def read_captioned(towers: Towers, pictures: Sequence[Captioned], captions: int) -> Read:
    """Vectors of pictures and of their first captions. Raises BadSet if fewer than two pictures can be read."""
    with_captions = [each for each in pictures if any(map(str.strip, each.captions))]
    if not with_captions:
        raise BadSet(f"none of its {len(pictures):,} images has a caption")
    seen = picture_vectors(towers, [each.path for each in with_captions])
    if len(seen.places) < 2:
        raise BadSet(f"of its {len(pictures):,} images only one can be read, and retrieval needs two")
    read = [with_captions[place] for place in seen.places]
    kept = [
        (owner, text, number) for owner, each in enumerate(read) for text, number in _first_captions(each, captions)
    ]
    owners, texts, ids = zip(*kept, strict=True)
    paths = tuple(each.path for each in read)
    return Read(seen.vectors, towers.texts(texts), np.array(owners), paths, ids, _left_out(pictures, seen))


def _first_captions(picture: Captioned, captions: int) -> list[tuple[str, int]]:
    """The picture's first captions that aren't blank, with their ids."""
    ids = picture.ids or (-1,) * len(picture.captions)
    return [(text, number) for text, number in zip(picture.captions, ids, strict=True) if text.strip()][:captions]


def _left_out(pictures: Sequence[Captioned], seen: PictureVectors) -> LeftOut:
    texts = {each.path: list(map(str.strip, each.captions)) for each in pictures}
    return {
        "unreadable pictures": seen.unreadable,
        "pictures without caption": tuple(path for path, each in texts.items() if not any(each)),
        "pictures with a blank caption": tuple(path for path, each in texts.items() if any(each) and not all(each)),
    }
