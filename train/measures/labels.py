"""Classification of labelled pictures without training: by the names of the classes (section 5.2), or by the nearest
pictures of a training set (section 6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.measures.result import Line, Measured
from train.measures.towers import Towers, picture_vectors
from train.retrieval import recalls, same_label
from train.sets.files import BadSet
from train.sets.folders import LabelledPictures
from train.sets.names import shown
from train.sets.prompts import prompts
from train.vectors import normalised

CLASSES_AT_ONCE = 16


@dataclass(frozen=True)
class ZeroShot:
    """Pictures, the name of each class, and templates that make prompts of names."""

    pictures: LabelledPictures
    names: Sequence[str]
    templates: Sequence[str]

    def measure(self, towers: Towers) -> Measured:
        """Top-1 and top-5 accuracy: the right class is nearest, or among the five nearest. Raises BadSet."""
        seen = picture_vectors(towers, self.pictures.paths)
        classes = class_vectors(towers, self.names, self.templates)
        labels = self.pictures.labels[seen.places]
        found = recalls(seen.vectors, classes, same_label(labels, np.arange(len(classes))))
        counts = {"pictures": len(labels), "classes": len(classes), "templates": len(self.templates)}
        line = Line("zero-shot", ("top-1", "top-5"), found.found[:2], found.chance[:2])
        return Measured((line,), counts, {"unreadable pictures": seen.unreadable}, _shared_names(self.names))


def class_vectors(towers: Towers, names: Sequence[str], templates: Sequence[str]) -> np.ndarray:
    """The mean vector of a name's prompts, all of length 1, rescaled to length 1: float32 (names, width)."""
    vectors = np.empty((len(names), towers.width), np.float32)
    for begin in range(0, len(names), CLASSES_AT_ONCE):
        part = names[begin : begin + CLASSES_AT_ONCE]
        each = normalised(towers.texts(prompts(templates, part))).reshape(len(part), len(templates), -1)
        vectors[begin : begin + len(part)] = normalised(each.mean(axis=1))
    return vectors


def _shared_names(names: Sequence[str]) -> tuple[str, ...]:
    shared = [name for name, count in Counter(names).items() if count > 1]
    says = f"{len(shared):,} names are of several classes, which nothing can tell apart: {shown(shared)}"
    return (says,) if shared else ()


@dataclass(frozen=True)
class Neighbours:
    """Pictures, and a training set in which each looks up its label. Labels are names of folders."""

    pictures: LabelledPictures
    training: LabelledPictures

    def measure(self, towers: Towers) -> Measured:
        """Share of pictures with one of their class among the 1, 5 and 10 nearest. Raises BadSet."""
        numbers = self._training_numbers()
        queries, known = picture_vectors(towers, self.pictures.paths), picture_vectors(towers, self.training.paths)
        labels, known_labels = numbers[self.pictures.labels[queries.places]], self.training.labels[known.places]
        found = recalls(queries.vectors, known.vectors, same_label(labels, known_labels))
        counts = {"pictures": len(labels), "training pictures": len(known_labels)}
        left_out = {"unreadable pictures": queries.unreadable, "unreadable training pictures": known.unreadable}
        return Measured((Line.of_recalls("nearest neighbours", found),), counts, left_out)

    def _training_numbers(self) -> np.ndarray:
        """Maps each class to its label in the training set."""
        numbers = {name: number for number, name in enumerate(self.training.classes)}
        missing = [name for name in self.pictures.classes if name not in numbers]
        if missing:
            raise BadSet(f"{len(missing):,} of its classes are none of the training set: {shown(missing)}")
        return np.array([numbers[name] for name in self.pictures.classes])
