"""A set of labelled pictures as a transfer takes it: checked, with a word on what is left out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from pipeline.printable import tell
from train.transfer.checked import readable
from train.transfer.config import Data
from train.transfer.labelled import Labelled, shortened
from train.transfer.parts import read_set


def load_set(root: str, data: Data) -> tuple[Labelled, Labelled]:
    """Splits a set in training and test images; unreadable images are listed and skipped.

    Raises BadSet.
    """
    training, test = (_checked(root, part) for part in read_set(root, data))
    for says, part in (("to train on", training), ("to measure on", test)):
        counts = np.bincount(part.labels, minlength=len(part.classes))
        if empty := [name for name, count in zip(part.classes, counts, strict=True) if not count]:
            _say(f"{root}: no picture {says} of {len(empty):,} of {len(counts):,} classes: {shortened(empty)}")
    return training, test


def facts_of(pictures: Labelled) -> dict[str, Any]:
    """Returns what identifies a set, independent of its folder."""
    content = json.dumps([pictures.names(), pictures.labels.tolist(), pictures.classes])
    return {"pictures": len(pictures), "digest": hashlib.sha256(content.encode()).hexdigest()[:16]}


def _checked(root: str, part: Labelled) -> Labelled:
    good, bad = readable(part)
    if bad:
        _say(f"{root}: {len(bad):,} of {len(part):,} pictures can't be read and are left out: {shortened(bad)}")
    return good


def _say(line: str) -> None:
    tell(f"transfer: {line}")
