"""The porn score of an image: open_nsfw by default, or any ONNX or Keras classifier by path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Protocol

import numpy as np
from PIL import Image

from filters import open_nsfw
from filters.models import Network, Preparation, load_network

OPEN_NSFW = open_nsfw.NAME
EXACT, FAST = SPEEDS = ("exact", "fast")
MARGIN, SURE = 1.6, 0.05  # logits; a score from which on no quick one decides, whatever the limit: see docs/bench.md
QUICK_SIDE = 256  # pixels: the quick model looks at a JPEG that is decoded no smaller

_SLACK = 1e-6  # rounding may carry a probability that far out of 0 to 1


class Scorer(Protocol):
    """Gives each image, RGB or L, the probability that it is porn: float64 (n,) in [0, 1]."""

    def __call__(self, images: Sequence[Image.Image]) -> np.ndarray: ...


@dataclass(frozen=True)
class ModelSettings(Preparation):
    """The preparation that a classifier of the user's own expects, and the output that is the score."""

    column: Annotated[int, "column index in the output that holds the probability of porn"] = -1


@dataclass(frozen=True)
class Model:
    """A Scorer from a network."""

    network: Network
    column: int = -1

    def __call__(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.array([self._score(image) for image in images], dtype=np.float64)

    def _score(self, image: Image.Image) -> float:
        name, output = self.network.name, self.network(image)
        if output.ndim != 2 or not -output.shape[1] <= self.column < output.shape[1]:
            raise ValueError(f"{name}: output of shape {output.shape} has no column {self.column} for one image")
        score = float(output[0, self.column])
        if not -_SLACK <= score <= 1 + _SLACK:
            raise ValueError(f"{name}: column {self.column} gives {score}, which is no probability")
        return min(max(score, 0.0), 1.0)


@dataclass(frozen=True)
class Quick:
    """A Scorer in 8-bit integers, and the score from which on the exact one has to decide."""

    scorer: Scorer
    low: float


@lru_cache(maxsize=1)
def load_scorer(model: str = OPEN_NSFW, settings: ModelSettings | None = None) -> Scorer:
    """The scorer called `model`: `open_nsfw`, or the path of an `.onnx` or `.keras` file. Loaded once a process.

    `settings` are for a path alone. Raises FileNotFoundError for a missing file, ValueError for a model that can't be
    used, RuntimeError if TensorFlow already runs on several threads.
    """
    if model == OPEN_NSFW:
        return Model(open_nsfw.exact_network())
    return _own_model(model, settings or ModelSettings())


def _own_model(model: str, settings: ModelSettings) -> Scorer:
    scorer = Model(load_network(model, settings, others=f"{OPEN_NSFW}, or "), settings.column)
    scorer([Image.new("RGB", (1, 1))])  # fails now if the output is wrong
    return scorer


@lru_cache(maxsize=1)
def load_quick(max_score: float) -> Quick:
    """The quick form of `open_nsfw` for this limit. Loaded once a process. Raises ValueError."""
    return Quick(Model(open_nsfw.quick_network()), lowest_doubt(max_score))


def lowest_doubt(max_score: float) -> float:
    """The quick score from which on the exact one may be over `max_score`: MARGIN under it, in logits, or SURE.

    1 where the limit is 1, since no score is over it.
    """
    odds = math.exp(MARGIN)
    return 1.0 if max_score == 1 else min(SURE, max_score / (max_score + (1 - max_score) * odds))
