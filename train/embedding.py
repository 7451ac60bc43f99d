"""Embeddings of any pictures and texts, by a trained model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from filters.picture import UndecodableImage
from train.pairs import Square
from train.towers import PROJECTION
from train.trained import Trained
from train.vectors import normalised

AT_ONCE = 256  # pictures, texts
MISSING = (OSError, tf.errors.OpError)  # errors of reading a file


class BadPicture(ValueError):
    """A missing or undecodable picture: its name, and the reason."""


class PictureSource(Protocol):
    """A source of a picture's bytes, with a name."""

    @property
    def name(self) -> str:
        """The name that errors use."""

    def read(self) -> bytes:
        """Reads the bytes. Raises OSError, OpError."""


@dataclass(frozen=True)
class PictureFile:
    """A picture in a file, local or remote."""

    path: str

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    def read(self) -> bytes:
        """Reads the file. Raises OpError."""
        with tf.io.gfile.GFile(self.path, "rb") as file:
            return bytes(file.read())


@dataclass(frozen=True)
class PictureBytes:
    """A picture in memory, such as the `jpg` of a record."""

    name: str
    data: bytes

    def read(self) -> bytes:
        """The bytes."""
        return self.data


def embed_pictures(trained: Trained, pictures: Iterable[PictureSource]) -> Iterator[np.ndarray | BadPicture]:
    """Yields each picture's embedding, float32 (width,) of length 1, in order, or a BadPicture."""
    encode = _function(trained.model.images, tf.uint8)
    remaining = iter(pictures)
    with ThreadPoolExecutor() as pool:
        parts = iter(lambda: list(islice(remaining, AT_ONCE)), [])
        yield from _encoded_parts(encode, _one_ahead(pool.map(_seen_by(trained.square), part) for part in parts))


def embed_texts(trained: Trained, texts: Sequence[str]) -> np.ndarray:
    """Embeds texts, float32 (texts, width), each of length 1; long texts are cut to the tower's length."""
    return _embed(trained, trained.model.texts, texts)


def embed_words(trained: Trained, words: Sequence[str]) -> np.ndarray:
    """Embeds single words by the text tower without its linear layer, i.e. [CLS], as in ALIGN's appendix B: float32
    (words, hidden), each of length 1.
    """
    tower = trained.model.texts
    return _embed(trained, keras.Model(tower.input, tower.get_layer(PROJECTION).input), words)


def _embed(trained: Trained, tower: keras.Model, texts: Sequence[str]) -> np.ndarray:
    encode, length = _function(tower, tf.int32), trained.settings.text.length
    vectors, seen = np.empty((len(texts), tower.output_shape[-1]), np.float32), dict[bytes, np.ndarray]()
    for begin in range(0, len(texts), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        tokens = trained.tokenizer.encode(texts[part], length)
        rows = zip(map(bytes, tokens), encode(tokens), strict=True)
        vectors[part] = [seen.setdefault(text, vector) for text, vector in rows]  # equal texts have equal vectors
    return vectors


@lru_cache(maxsize=3)  # each tower, and the one for words, is traced once however often it is called
def _function(tower: keras.Model, dtype: tf.DType) -> Callable[[np.ndarray], np.ndarray]:
    spec = tf.TensorSpec(tower.input_shape, dtype)  # accepts any number of inputs
    encode = tf.function(lambda inputs: tower(inputs, training=False), input_signature=[spec])
    return lambda inputs: normalised(encode(tf.constant(inputs)).numpy())


def _seen_by(square: Square) -> Callable[[PictureSource], np.ndarray | BadPicture]:
    def see(picture: PictureSource) -> np.ndarray | BadPicture:
        try:
            return square.middle(picture.read())
        except UndecodableImage as error:
            return BadPicture(f"{picture.name}: {error}")
        except MISSING as error:
            return BadPicture(f"{picture.name}: {getattr(error, 'strerror', None) or 'no such file'}")

    return see


def _one_ahead(parts: Iterable[Any]) -> Iterator[Any]:
    """Yields the same parts, but starts each while the one before it is being processed."""
    waiting: list[Any] = []
    for part in parts:
        waiting.append(part)
        if len(waiting) > 1:
            yield waiting.pop(0)
    yield from waiting


def _encoded_parts(
    encode: Callable[[np.ndarray], np.ndarray], parts: Iterable[Iterable[np.ndarray | BadPicture]]
) -> Iterator[np.ndarray | BadPicture]:
    for part in map(list, parts):
        good = [pixels for pixels in part if not isinstance(pixels, BadPicture)]
        vectors = iter(encode(np.stack(good)) if good else ())
        yield from (seen if isinstance(seen, BadPicture) else next(vectors) for seen in part)
