"""Labelled pictures: a folder of folders, each of one class, as ImageNet and its variants are published."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from train.sets.files import BadSet, folder


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures by their paths, the label of each, int64 (pictures,), and the name of the folder of each label."""

    paths: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]


def read_folders(root: str) -> LabelledPictures:
    """Every file in the folders of `root`, each folder a class; what begins with a dot is neither.

    Classes are in the order of their names, of their numbers where all are numbers (ImageNet-V2). Raises NotThere,
    BadSet.
    """
    classes = _classes(root)
    files = [[str(file) for file in _visible(Path(root) / name) if file.is_file()] for name in classes]
    paths = tuple(chain.from_iterable(files))
    labels = np.repeat(np.arange(len(classes)), [len(each) for each in files])
    if not paths:
        raise BadSet(f"{root}: no picture in its {len(classes):,} folders")
    return LabelledPictures(paths, labels, classes)


def _classes(root: str) -> tuple[str, ...]:
    names = [file.name for file in _visible(Path(folder(root))) if file.is_dir()]
    if not names:
        raise BadSet(f"{root}: no folder in it; each class is one")
    return tuple(sorted(names, key=int) if all(name.isdecimal() for name in names) else names)


def _visible(place: Path) -> list[Path]:
    return sorted(file for file in place.iterdir() if not file.name.startswith("."))
