"""Retrieval among pictures with captions, in both directions (section 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.measures.result import Line, Measured
from train.measures.towers import Towers, see
from train.retrieval import Recalls, image_to_text, text_to_image
from train.sets.files import BadSet
from train.sets.karpathy import Captioned


@dataclass(frozen=True)
class Read:
    """Pictures that could be read, with captions: vectors, float32 (pictures, width) and (captions, width); the picture
    of each caption, int64 (captions,); ids of both; and what was left out and why.
    """

    images: np.ndarray
    texts: np.ndarray
    owners: np.ndarray
    paths: tuple[str, ...]
    caption_ids: tuple[int, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class CaptionSet:
    """Pictures, of which the first `captions` captions count. `mean` adds the mean recall that Multi30k has."""

    pictures: Sequence[Captioned]
    captions: int
    mean: bool = False

    def measure(self, towers: Towers) -> Measured:
        """Raises BadSet where fewer than two pictures can be read."""
        read = read_captioned(towers, self.pictures, self.captions)
        there = image_to_text(read.images, read.texts, read.owners)
        back = text_to_image(read.images, read.texts, read.owners)
        lines = retrieval_lines(there, back)
        return Measured((mean_recall(there, back), *lines) if self.mean else lines, counts(read), read.left_out)


def retrieval_lines(there: Recalls, back: Recalls) -> tuple[Line, ...]:
    """From images to texts, and back."""
    return Line.of_recalls("image to text", there), Line.of_recalls("text to image", back)


def mean_recall(*directions: Recalls) -> Line:
    """The mean of R@1, R@5 and R@10 over all directions."""
    found, chance = (float(np.mean([getattr(each, name) for each in directions])) for name in ("found", "chance"))
    return Line("mean recall", ("mR",), (found,), (chance,))


def counts(read: Read) -> dict[str, int]:
    """What was measured, and how much of it was left out."""
    return {"pictures": len(read.images), "captions": len(read.texts), "left out": len(read.left_out)}


def read_captioned(towers: Towers, pictures: Sequence[Captioned], captions: int) -> Read:
    """The vectors of pictures and of the first captions of each. Raises BadSet where two can't be read."""
    blank = [f"{each.path}: no caption" for each in pictures if not any(map(str.strip, each.captions))]
    captioned = [each for each in pictures if any(map(str.strip, each.captions))]
    seen = see(towers, [each.path for each in captioned])
    if len(seen.places) < 2:
        raise BadSet(f"of its {len(pictures):,} pictures one can be read, and retrieval needs two")
    read = [captioned[place] for place in seen.places]
    kept = [(owner, text, number) for owner, each in enumerate(read) for text, number in _first(each, captions)]
    owners, texts, ids = zip(*kept, strict=True)
    paths = tuple(each.path for each in read)
    return Read(seen.vectors, towers.texts(texts), np.array(owners), paths, ids, (*blank, *seen.unreadable))


def _first(picture: Captioned, captions: int) -> list[tuple[str, int]]:
    """Its first captions that aren't blank, with their ids."""
    ids = picture.ids or (-1,) * len(picture.captions)
    return [(text, number) for text, number in zip(picture.captions, ids, strict=True) if text.strip()][:captions]
