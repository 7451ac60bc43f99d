"""Labelled pictures: a folder of folders, each one class, as ImageNet and its variants are published."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from train.sets.files import BadSet, folder


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures by their paths, each one's label, int64 (pictures,), and each label's folder name."""

    paths: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]


def read_folders(root: str) -> LabelledPictures:
    """Every file in the folders of `root`, each folder a class; names that begin with a dot are ignored.

    Classes are ordered by name, or by number if all are numbers (ImageNet-V2). Raises NotThere, BadSet.
    """
    classes = _classes(root)
    files = [[str(file) for file in _files(Path(root) / name)] for name in classes]
    paths = tuple(chain.from_iterable(files))
    labels = np.repeat(np.arange(len(classes)), [len(each) for each in files])
    if not paths:
        raise BadSet(f"{root}: no image in its {len(classes):,} folders")
    return LabelledPictures(paths, labels, classes)


def _classes(root: str) -> tuple[str, ...]:
    names = [file.name for file in _visible(Path(folder(root))) if file.is_dir()]
    if not names:
        raise BadSet(f"{root}: no folder in it; each class is one")
    return tuple(sorted(names, key=int) if all(name.isdecimal() for name in names) else names)


def _files(place: Path) -> list[Path]:
    """The files of a class. Raises BadSet for a folder in it, whose pictures would silently not count."""
    files = _visible(place)
    if deeper := next((file for file in files if file.is_dir()), None):
        raise BadSet(f"{deeper}: a folder in the folder of a class; give the folder that holds the classes' own")
    return [file for file in files if file.is_file()]


def _visible(place: Path) -> list[Path]:
    return sorted(file for file in place.iterdir() if not file.name.startswith("."))
