"""Zero-shot retrieval with a trained model (section 5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np
import tensorflow as tf

from train.config import Evaluation
from train.embedding import AT_ONCE
from train.errors import TrainingError
from train.model import DualEncoder
from train.retrieval import Recalls, image_to_text, text_to_image


class TooFewPictures(TrainingError):
    """Fewer than two pictures, `pictures` in number."""

    def __init__(self, pictures: int) -> None:
        super().__init__(f"{pictures} image{'s' * (pictures != 1)}: retrieval needs two at least")
        self.pictures = pictures


@dataclass(frozen=True)
class Retrieval:
    """Recalls of both directions."""

    image_to_text: Recalls
    text_to_image: Recalls


@dataclass(frozen=True)
class Embedded:
    """A pair's embeddings, float (width,) each, the id of its picture, and its tokens."""

    image_id: bytes
    tokens: bytes
    image: np.ndarray
    text: np.ndarray


@dataclass(frozen=True)
class Sample:
    """The embeddings that retrieval is measured on: float (images, width), float (texts, width), and the index of each
    text's image, int (texts,).
    """

    images: np.ndarray
    texts: np.ndarray
    image_of_text: np.ndarray


class OfPicture(Protocol):
    """A pair, with the id of its picture."""

    @property
    def image_id(self) -> Hashable:
        """The id."""


P = TypeVar("P", bound=OfPicture)


def evaluate(model: DualEncoder, pairs: tf.data.Dataset, settings: Evaluation, batch: int = AT_ONCE) -> Retrieval:
    """Measures retrieval among the first pictures of `pairs`, each with its first captions. Raises TooFewPictures."""
    return retrieval(sample(model, pairs, settings, batch))


def wanted(pairs: Iterable[P], settings: Evaluation) -> Iterator[P]:
    """The pairs of the first pictures, each with its first captions. Reads nothing beyond the last picture wanted."""
    captions = Counter[Hashable]()
    for pair in pairs:
        if pair.image_id not in captions and len(captions) == settings.pictures:
            return
        captions[pair.image_id] += 1
        if captions[pair.image_id] <= settings.captions:
            yield pair


def sample(model: DualEncoder, pairs: tf.data.Dataset, settings: Evaluation, batch: int = AT_ONCE) -> Sample:
    """Embeds the pairs that are wanted, a picture and a text by the first pair that has it. Raises TooFewPictures."""
    images, seen = dict[bytes, np.ndarray](), dict[bytes, np.ndarray]()
    texts, owners = list[np.ndarray](), list[bytes]()
    for pair in wanted(embed(model, pairs, batch), settings):
        images.setdefault(pair.image_id, pair.image)
        texts.append(seen.setdefault(pair.tokens, pair.text))  # equal texts have equal vectors, to the last bit
        owners.append(pair.image_id)
    if len(images) < 2:
        raise TooFewPictures(len(images))
    place = {image_id: number for number, image_id in enumerate(images)}
    return Sample(np.stack(list(images.values())), np.stack(texts), np.array([place[owner] for owner in owners]))


def retrieval(found: Sample) -> Retrieval:
    """The recalls of both directions."""
    embeddings = found.images, found.texts, found.image_of_text
    return Retrieval(image_to_text(*embeddings), text_to_image(*embeddings))


def embed(model: DualEncoder, pairs: tf.data.Dataset, batch: int) -> Iterator[Embedded]:
    """The embeddings of pairs, one after the other."""
    encode = _encoder(model)
    for part in pairs.batch(batch).prefetch(1):
        images, texts = encode({name: part[name] for name in ("pixels", "tokens")})
        ids, tokens = part["image_id"].numpy(), map(bytes, part["tokens"].numpy())
        for pair in zip(ids, tokens, images.numpy(), texts.numpy(), strict=True):
            yield Embedded(*pair)


@lru_cache(maxsize=1)  # a model is traced once, however often it is measured
def _encoder(model: DualEncoder) -> Callable[[dict[str, tf.Tensor]], Any]:
    encode: Callable[[dict[str, tf.Tensor]], Any] = tf.function(lambda part: model(part, training=False))
    return encode
