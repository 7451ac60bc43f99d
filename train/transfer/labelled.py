"""Labelled pictures, and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.embedding import PictureSource
from train.sets.files import BadSet
from vocab.ngrams import hash_word

NAMED = 5  # names shown of many


@dataclass(frozen=True)
class Labelled:
    """Pictures, each one's label, int64 (pictures,), and each label's name."""

    pictures: Sequence[PictureSource]
    labels: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def take(self, places: np.ndarray) -> Labelled:
        """Takes the pictures at the indices `places`, int (n,)."""
        return Labelled([self.pictures[place] for place in places], self.labels[places], self.classes)

    def renamed(self, classes: tuple[str, ...]) -> Labelled:
        """Relabels by `classes`, which must include the classes of all pictures."""
        place = {name: number for number, name in enumerate(classes)}
        labels = np.array([place.get(name, -1) for name in self.classes], np.int64)[self.labels]
        return Labelled(self.pictures, labels, classes)

    def names(self) -> list[str]:
        """Names that identify a picture within its set, wherever that is: the last two parts of its path."""
        return ["/".join(picture.name.split("/")[-2:]) for picture in self.pictures]

    def by_hash(self, seed: int = 0) -> np.ndarray:
        """Indices, int (pictures,), in a random order that depends on names and seed only."""
        return np.argsort([hash_word(f"{seed} {name}") for name in self.names()], kind="stable")


def split(pictures: Labelled, test_share: float) -> tuple[Labelled, Labelled]:
    """Splits each class into training and test pictures: a share is measured, at least one of two or more.

    Raises BadSet if there is nothing to measure on.
    """
    order = pictures.by_hash()
    tested = np.zeros(len(pictures), bool)
    for label in range(len(pictures.classes)):
        own = order[pictures.labels[order] == label]
        tested[own[: _tested(len(own), test_share)]] = True
    if not tested.any():
        name = pictures.pictures[0].name
        raise BadSet(f"{name}: no class has two images, one to train and one to measure on")
    return pictures.take(np.flatnonzero(~tested)), pictures.take(np.flatnonzero(tested))


def _tested(pictures: int, share: float) -> int:
    return min(max(round(share * pictures), 1), pictures - 1)


def shortened(names: Sequence[str]) -> str:
    """The first few of many names."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
