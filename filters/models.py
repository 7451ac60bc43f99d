"""Loads a network of the user's own by path, ONNX or Keras, and turns images into its input.

Images go through it one at a time, on one thread: a batch is no faster on a CPU, and so the output for an image doesn't
depend on other images, to the last bit.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from PIL import Image

Prepare = Callable[[Image.Image], np.ndarray]  # an image to the model's input, float32, without the batch dimension
Predict = Callable[[np.ndarray], np.ndarray]  # inputs (1, ...) to outputs (1, ...)
Shape = tuple[int | str | None, ...]

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else onnxruntime reports each model to its maker

LARGEST_EXPANSION = 100  # ratio to the compressed size, or to a megabyte if that is larger
_ORDERS = {"RGB": slice(None), "BGR": slice(None, None, -1)}


@dataclass(frozen=True)
class Preparation:
    """The preparation that a model expects: `(pixel * scale - mean) / std` by channel.

    The image is resized to the model's input, bilinear, whatever its proportions.
    """

    scale: Annotated[float, "factor of a pixel's value"] = 1 / 255
    mean: Annotated[tuple[float, float, float], "subtracted from each channel, in the model's order"] = (0.0, 0.0, 0.0)
    std: Annotated[tuple[float, float, float], "divisor of each channel, in the model's order"] = (1.0, 1.0, 1.0)
    channels: Annotated[str, "order of the channels: RGB or BGR"] = "RGB"
    size: Annotated[
        tuple[int, int] | None, "width and height, for a model that takes any; null: the model's own", "pixels"
    ] = None

    def __post_init__(self) -> None:
        if self.channels not in _ORDERS:
            raise ValueError(f"channels: no such order: {self.channels}; the orders are {', '.join(_ORDERS)}")
        if 0 in self.std:
            raise ValueError(f"std: must not be 0: {self.std}")
        if self.size is not None and min(self.size) < 1:
            raise ValueError(f"size: {self.size}; width and height are 1 at least")


@dataclass(frozen=True)
class Network:
    """A model with the preparation of its input."""

    name: str
    prepare: Prepare
    predict: Predict

    def __call__(self, image: Image.Image) -> np.ndarray:
        """The output for one image, RGB or L, with the batch dimension, which is 1."""
        return np.asarray(self.predict(self.prepare(image)[np.newaxis]))


def load_network(model: str, preparation: Preparation, others: str = "") -> Network:
    """The network in an `.onnx` or `.keras` file; `others` lists, for an error, the alternatives to a path.

    Raises FileNotFoundError for a missing file, ValueError for a model that can't be used, RuntimeError if
    TensorFlow already runs on several threads.
    """
    path = Path(model)
    if path.suffix not in (loaders := {".onnx": load_onnx, ".keras": load_keras}):
        raise ValueError(f"model: no such model: {model}; there is {others}a path that ends in .onnx or .keras")
    if not path.is_file():
        raise FileNotFoundError(f"model: no such file: {model}")
    predict, shape = loaders[path.suffix](path)
    return Network(model, _prepare(model, shape, preparation), predict)


def _prepare(name: str, shape: Shape, preparation: Preparation) -> Prepare:
    """The function from an image to the input of a model of `shape`, the batch dimension first."""
    size, channels_first = _layout(name, shape, preparation.size)
    mean, std = np.array(preparation.mean, np.float32), np.array(preparation.std, np.float32)

    def prepare(image: Image.Image) -> np.ndarray:
        resized = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        pixels = np.asarray(resized, np.float32)[:, :, _ORDERS[preparation.channels]]
        values = (pixels * np.float32(preparation.scale) - mean) / std
        return np.ascontiguousarray(values.transpose(2, 0, 1) if channels_first else values)

    return prepare


def _layout(name: str, shape: Shape, asked: tuple[int, int] | None) -> tuple[tuple[int, int], bool]:
    """Width and height of the input, and True if the channels come first."""
    match shape:
        case (_, 3, height, width):
            return _size(name, shape, (width, height), asked), True
        case (_, height, width, 3):
            return _size(name, shape, (width, height), asked), False
    raise ValueError(f"{name}: input of shape {shape}; it must be (n, height, width, 3) or (n, 3, height, width)")


def _size(name: str, shape: Shape, own: Shape, asked: tuple[int, int] | None) -> tuple[int, int]:
    """The model's own width and height, or the settings' where the model leaves them open."""
    fixed = [side if isinstance(side, int) else None for side in own]
    width, height = (side or wanted for side, wanted in zip(fixed, asked or (None, None), strict=True))
    if width is None or height is None:
        raise ValueError(f"{name}: input of shape {shape}; the setting size must give its width and height")
    if asked not in (None, (width, height)):
        raise ValueError(f"{name}: input of shape {shape}; the setting size is {asked}, its width and height differ")
    return width, height


def load_onnx(path: Path) -> tuple[Predict, Shape]:
    """The first output of an ONNX model, and the shape of its one input.

    External weight files must be inside the model's folder: onnxruntime reads no others. Raises ValueError.
    """
    try:
        session = _session(str(path))
    except Exception as error:  # onnxruntime's errors have no class in common
        raise ValueError(f"{path}: not an ONNX model{_outside(str(error))}: {_line(error)}") from error
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        raise ValueError(f"{path}: inputs of type {[each.type for each in inputs]}; it must be one tensor(float)")
    return _predict(session), tuple(inputs[0].shape)


def load_made(content: bytes) -> Predict:
    """The first output of an ONNX model with one input, which this package made."""
    return _predict(_session(content))


def _session(model: str | bytes) -> Any:
    """An ONNX model, by its path or content, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _predict(session: Any) -> Predict:
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})[0]


def _outside(error: str) -> str:
    return " that may be loaded, as it reads a file outside its folder" if "External data path" in error else ""


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def load_keras(path: Path) -> tuple[Predict, Shape]:
    """The output of a Keras model, and the shape of its input.

    A model with code of its own, such as a Lambda layer, is refused. Raises ValueError, RuntimeError.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ValueError(f"{path}: a Keras model needs TensorFlow: pip install 'align-corpus[train]'") from error
    try:  # with several threads some kernels add up in another order
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        raise RuntimeError(f"{path}: load it before TensorFlow is used, it must run on one thread") from error
    model = _load_safely(path, tf.keras.models.load_model)
    predict = tf.function(lambda batch: model(batch, training=False))
    return lambda batch: predict(tf.constant(batch)).numpy(), tuple(model.input_shape)


def _load_safely(path: Path, load: Callable[..., Any]) -> Any:
    """The Keras model in a zip archive. Raises ValueError."""
    try:
        with zipfile.ZipFile(path) as archive:
            large = [member.filename for member in archive.infolist() if _is_bomb(member)]
        if large:
            raise ValueError(f"{large[0]} in it takes far more than its {path.stat().st_size:,} bytes")
        return load(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras' errors have no class in common
        raise ValueError(f"{path}: not a Keras model, or one with code of its own: {_line(error)}") from error


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > LARGEST_EXPANSION * max(member.compress_size, 1 << 20)
