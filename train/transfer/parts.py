"""A set of labelled pictures, in folders or records, as a part to train on and a part to measure on."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path

import numpy as np

from train.embedding import PictureFile
from train.sets.files import BadSet
from train.sets.folders import read_folders
from train.transfer.config import Data
from train.transfer.labelled import Labelled, shortened, split
from train.transfer.tfds import read_tfds, tfds_folder


def read_set(root: str, data: Data) -> tuple[Labelled, Labelled]:
    """Training and test part, with the same classes. Raises BadSet, NotThere."""
    if records := tfds_folder(root):
        training, test = _parts(data, lambda part: read_tfds(records, part))
    elif _has_parts(root, data):
        training, test = _parts(data, lambda part: _read_folders(f"{root}/{part}"))
    else:
        training, test = split(_read_folders(root), data.test_share)
    if len(training.classes) < 2:
        raise BadSet(f"{root}: {training.classes[0]} is its only class; at least two are needed")
    _check_classes(root, training, test)
    return training, test.renamed(training.classes)


def _parts(data: Data, read: Callable[[str], Labelled]) -> tuple[Labelled, Labelled]:
    training, test = (reduce(_together, map(read, names.split("+"))) for names in (data.train, data.test))
    return training, test


def _together(one: Labelled, other: Labelled) -> Labelled:
    """Joins all pictures of both, whose classes may differ."""
    classes = one.classes + tuple(name for name in other.classes if name not in one.classes)
    labels = np.concatenate([one.labels, other.renamed(classes).labels])
    return Labelled([*one.pictures, *other.pictures], labels, classes)


def _has_parts(root: str, data: Data) -> bool:
    """Returns whether the parts are folders of `root`. Raises BadSet if only some are."""
    wanted = f"{data.train}+{data.test}".split("+")
    missing = [part for part in wanted if not (Path(root) / part).is_dir()]
    if missing and len(missing) < len(wanted):
        there = sorted(file.name for file in Path(root).iterdir() if file.is_dir())
        raise BadSet(
            f"{root}: no part {missing[0]!r}; its folders are {shortened(there)}: --transfer.data.train=NAME and "
            "--transfer.data.test=NAME name the parts; if there is only one, give its folder, and a share is measured"
        )
    return not missing


def _read_folders(root: str) -> Labelled:
    found = read_folders(root)
    return Labelled([PictureFile(path) for path in found.paths], found.labels, found.classes)


def _check_classes(root: str, training: Labelled, test: Labelled) -> None:
    """Raises BadSet for classes that are measured but not trained on."""
    trained = {training.classes[label] for label in np.unique(training.labels)}
    if unknown := sorted({test.classes[label] for label in np.unique(test.labels)} - trained):
        count = "1 class is" if len(unknown) == 1 else f"{len(unknown):,} classes are"
        raise BadSet(
            f"{root}: {count} measured on and not trained on: {shortened(unknown)}; "
            f"those trained on are {shortened(sorted(trained))}"
        )
