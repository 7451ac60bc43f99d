"""The settings of a transfer: the section `transfer` of a config.

The defaults are the paper's for ImageNet (arXiv 2102.05918). Fine-tuning of retrieval uses the section `train`, put
over the model's settings of training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any

from train.bounds import above, choose, not_under, share

TASKS = ("retrieval", "classification", "vtab")
PHASES = ("head", "whole")
DECAYS = ("stairs", "cosine")
GROUPS = ("natural", "specialized", "structured")


@dataclass(frozen=True)
class Data:
    """The names of the parts of a set for training and measuring; `train+restval` is two parts.

    A folder of classes without parts is split: `test_share` of each class is measured, by a hash of the names.
    """

    train: Annotated[str, "part that is trained on; train+restval is two parts"] = "train"
    test: Annotated[str, "part that is measured on"] = "test"
    test_share: Annotated[float, "share of each class that is measured, in a folder of classes without parts"] = 0.2

    def __post_init__(self) -> None:
        share("test_share", self.test_share)


@dataclass(frozen=True)
class Phase:
    """A training of a classifier, of `steps`, or else of `epochs` of the pictures; with neither it is left out.

    `size` is the side of a picture in pixels, `test_size` that in measuring.
    """

    epochs: Annotated[int, "length of the phase where steps is 0", "epochs"] = 100
    steps: Annotated[int, "length of the phase; 0: epochs", "steps"] = 0
    learning_rate: Annotated[float, "highest rate"] = 0.1
    size: Annotated[int, "side of an image in training", "pixels"] = 289
    test_size: Annotated[int, "side of an image in measuring", "pixels"] = 360

    def __post_init__(self) -> None:
        not_under(self, 0, "epochs", "steps")
        above(self, 0, "learning_rate")
        not_under(self, 32, "size", "test_size")  # EfficientNet halves its input five times

    def steps_of(self, pictures: float) -> int:
        """Counts its steps; `pictures` is the number of batches that hold all of them."""
        return self.steps or math.ceil(self.epochs * pictures)


@dataclass(frozen=True)
class Whole(Phase):
    """The phase that also trains the image tower."""

    learning_rate: float = 0.01
    size: int = 475
    test_size: int = 600


@dataclass(frozen=True)
class Classification:
    """Momentum SGD on the `head`, a linear layer over a frozen image tower, and then on the `whole`.

    A `batch` is processed in `pieces`, one after the other, for the memory of one; a tower that is trained normalises
    each by itself. The tower's rate is `tower_rate` times the head's. A rate falls in `stairs`, to `factor` of it every
    `every` epochs, or by a `cosine` to 0. With `frozen_statistics` the tower normalises by the statistics of its
    training. A random part of a picture has at least `smallest_part` of its area; the middle, `middle` of each side, is
    measured.
    """

    head: Phase = Phase()
    whole: Whole = Whole()
    batch: Annotated[int, "images of a step", "images"] = 1024
    pieces: Annotated[int, "pieces of a batch, computed in turn to save memory", "pieces"] = 1
    tower_rate: Annotated[float, "rate of the tower, as a factor of the head's"] = 0.1
    momentum: Annotated[float, "momentum of SGD"] = 0.9
    weight_decay: Annotated[float, "decay of the weights"] = 0.0
    decay: Annotated[str, "fall of the rate: stairs or cosine"] = "stairs"
    every: Annotated[int, "epochs of a stair", "epochs"] = 30
    factor: Annotated[float, "factor of the rate at each stair"] = 0.2
    frozen_statistics: Annotated[bool, "the tower normalises by the statistics that it was trained with"] = False
    smallest_part: Annotated[float, "smallest share of an image's area that a random part has"] = 0.08
    middle: Annotated[float, "share of each side that the measured middle has"] = 0.875

    def __post_init__(self) -> None:
        choose("decay", self.decay, DECAYS)
        above(self, 0, "batch", "pieces", "tower_rate", "every", "factor", "smallest_part", "middle")
        not_under(self, 0, "weight_decay")
        share("momentum", self.momentum)
        for name in ("smallest_part", "middle"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name}: {getattr(self, name)} is over 1")
        if self.batch % self.pieces:
            raise ValueError(f"pieces: a batch of {self.batch} has no {self.pieces} equal pieces")
        if not self.phases:
            raise ValueError("head: neither it nor whole has epochs or steps: nothing is trained")

    @property
    def phases(self) -> dict[str, Phase]:
        """Phases that have steps, in order."""
        return {name: phase for name in PHASES if (phase := getattr(self, name)).steps or phase.epochs}

    def varied(self, learning_rate: float, weight_decay: float, steps: int) -> Classification:
        """Replaces the last phase's learning rate and steps."""
        name, phase = list(self.phases.items())[-1]
        drawn: Any = {name: replace(phase, steps=steps, learning_rate=learning_rate)}
        return replace(self, weight_decay=weight_decay, **drawn)


@dataclass(frozen=True)
class Groups:
    """Sets of each group of VTAB, by the names of their folders, with commas between them."""

    natural: Annotated[str, "names of its sets, with commas"] = "caltech101,cifar100,dtd,flowers102,pets,sun397,svhn"
    specialized: Annotated[str, "names of its sets, with commas"] = (
        "diabetic_retinopathy,eurosat,patch_camelyon,resisc45"
    )
    structured: Annotated[str, "names of its sets, with commas"] = (
        "clevr_count,clevr_distance,dmlab,dsprites_location,dsprites_orientation,kitti_distance,smallnorb_azimuth,"
        "smallnorb_elevation"
    )

    def of(self, task: str) -> str | None:
        """The group of a set, if it has one."""
        return next((name for name in GROUPS if task in getattr(self, name).split(",")), None)


@dataclass(frozen=True)
class Vtab:
    """VTAB's protocol: each of `trials` learns from `training` pictures and is measured on `validation` others; the
    best learns again, from both.

    A trial draws its last phase from the ranges, evenly on a logarithmic scale. The paper gives none: these are ours.
    """

    trials: Annotated[int, "trials of a set", "trials"] = 50
    training: Annotated[int, "images that a trial learns from", "images"] = 800
    validation: Annotated[int, "images that a trial is measured on", "images"] = 200
    learning_rate: Annotated[tuple[float, float], "range of a trial's rate"] = (1e-4, 1e-1)
    weight_decay: Annotated[tuple[float, float], "range of a trial's decay"] = (1e-6, 1e-2)
    steps: Annotated[tuple[int, int], "range of a trial's length", "steps"] = (250, 2500)
    groups: Groups = Groups()

    def __post_init__(self) -> None:
        above(self, 0, "trials", "training", "validation")
        for name in ("learning_rate", "weight_decay", "steps"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name}: {low} to {high} is no range over 0")


@dataclass(frozen=True)
class Transfer:
    """Settings of one run of `python -m train transfer`."""

    task: Annotated[str, "retrieval, classification or vtab"] = "classification"
    data: Data = Data()
    classification: Classification = Classification()
    vtab: Vtab = Vtab()

    def __post_init__(self) -> None:
        choose("task", self.task, TASKS)
