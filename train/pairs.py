"""Converts a record to the towers' input: pixels and tokens. Plain Python, so it can be tested without TensorFlow.

Pictures are decoded as in the pipeline, so all that the pipeline reads can be trained on, also in records that others
wrote (img2dataset, coyo-align).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.picture import Picture, UndecodableImage
from train.example import decode_example
from train.resize import resized_part
from vocab.ngrams import MODULUS, hash_word
from vocab.wordpiece import WordPieceTokenizer

MAX_PIXELS = 89_478_485  # equals the limit of the rule `undecodable`


class BadRecord(ValueError):
    """A record that is no pair: not an Example, without `jpg` or `txt`, or with a picture that can't be read."""


@dataclass(frozen=True)
class Pair:
    """A record's contents: a picture's bytes, its id, its text and the pair's key.

    Instead of `jpg` it may have `file`, the path of the picture.
    """

    jpg: bytes
    text: bytes
    image_id: str
    key: str

    @classmethod
    def of(cls, record: bytes) -> Pair:
        """Reads the pair in a `tf.train.Example`; a missing `sha256` is computed from the picture. Raises BadRecord."""
        try:
            features = decode_example(record)
        except ValueError as error:
            raise BadRecord(str(error)) from error
        written = "jpg" in features or "file" not in features
        jpg = _value(features, "jpg") if written else _read(_value(features, "file"))
        text = _value(features, "txt")
        image_id = _optional(features, "sha256") or hashlib.sha256(jpg).hexdigest()
        return cls(jpg, text, image_id, _optional(features, "key") or image_id)

    def is_held_out(self, share: float) -> bool:
        """Returns whether the picture is among the `share` of all pictures excluded from training."""
        return hash_word(self.image_id) < share * MODULUS


def _value(features: dict[str, list[Any]], name: str) -> bytes:
    values = features.get(name, [])
    if not values:
        raise BadRecord(f"no {name}; the record has {', '.join(sorted(features)) or 'nothing'}")
    if len(values) > 1 or not isinstance(values[0], bytes):
        raise BadRecord(f"{name} is {len(values)} of {type(values[0]).__name__}, not one of bytes")
    return values[0]


def _read(path: bytes) -> bytes:
    try:
        return Path(path.decode(errors="surrogateescape")).read_bytes()
    except OSError as error:
        raise BadRecord(f"{path.decode(errors='replace')}: {error.strerror}") from error


def _optional(features: dict[str, list[Any]], name: str) -> str:
    values = features.get(name, [])
    return values[0].decode(errors="replace") if len(values) == 1 and isinstance(values[0], bytes) else ""


@dataclass(frozen=True)
class Square:
    """The image tower's view of a picture: resized to a square of `resize` pixels, then cropped to `crop`."""

    resize: int
    crop: int

    def middle(self, picture: bytes) -> np.ndarray:
        """The middle of a picture, uint8 (crop, crop, 3), as the paper evaluates. Raises UndecodableImage."""
        edge = (self.resize - self.crop) // 2
        return self._part(picture, edge, edge)

    def random_crop(self, picture: bytes, seed: tuple[int, ...]) -> np.ndarray:
        """A random part of a picture, randomly mirrored, uint8 (crop, crop, 3), as the paper trains.

        Deterministic for a seed. Raises UndecodableImage.
        """
        random = np.random.default_rng(seed)
        top, left = random.integers(0, self.resize - self.crop, 2, endpoint=True)
        return self._part(picture, top, left, mirrored=bool(random.integers(2)))

    def _part(self, picture: bytes, top: int, left: int, mirrored: bool = False) -> np.ndarray:
        image = Picture(picture, MAX_PIXELS).at_least(self.resize)
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        return resized_part(rgb, self.resize, top, left, self.crop, mirrored)


@dataclass(frozen=True)
class Encoder:
    """Converts a pair to arrays: the picture to a square, the text to a fixed number of tokens."""

    tokenizer: WordPieceTokenizer
    square: Square
    length: int

    def tokens(self, pairs: Sequence[Pair]) -> NDArray[np.int32]:
        """Ids of the texts' pieces, int32 (pairs, length)."""
        ids: NDArray[np.int32] = self.tokenizer.encode([pair.text for pair in pairs], self.length)
        return ids

    def middle(self, pair: Pair) -> np.ndarray:
        """The middle of the picture. Raises BadRecord."""
        with _named(pair):
            return self.square.middle(pair.jpg)

    def random_crop(self, pair: Pair, seed: tuple[int, ...]) -> np.ndarray:
        """A random part of the picture, deterministic for a seed. Raises BadRecord."""
        with _named(pair):
            return self.square.random_crop(pair.jpg, seed)


@contextmanager
def _named(pair: Pair) -> Iterator[None]:
    try:
        yield
    except UndecodableImage as error:
        raise BadRecord(f"{pair.key}: {error}") from error
