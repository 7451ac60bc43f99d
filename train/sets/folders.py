"""Labelled pictures: a folder of folders, each of one class, as ImageNet and its variants are published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.sets.files import BadSet, NotThere


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
    files = [_visible(Path(root) / name) for name in classes]
    paths = tuple(str(file) for folder in files for file in folder if file.is_file())
    labels = np.repeat(np.arange(len(classes)), [sum(file.is_file() for file in folder) for folder in files])
    if not paths:
        raise BadSet(f"{root}: no picture in its {len(classes):,} folders")
    return LabelledPictures(paths, labels, classes)


def _classes(root: str) -> tuple[str, ...]:
    if not Path(root).is_dir():
        raise NotThere(f"{root}: no such folder")
    names = [file.name for file in _visible(Path(root)) if file.is_dir()]
    if not names:
        raise BadSet(f"{root}: no folder in it; each class is one")
    return tuple(sorted(names, key=int) if all(name.isdecimal() for name in names) else names)


def _visible(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if not file.name.startswith("."))
