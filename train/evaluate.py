"""Zero-shot retrieval with a trained model (section 5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

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
    """A pair's embeddings, float (width,) each, and the id of its picture."""

    image_id: bytes
    image: np.ndarray
    text: np.ndarray


def evaluate(model: DualEncoder, pairs: tf.data.Dataset, settings: Evaluation, batch: int = AT_ONCE) -> Retrieval:
    """Measures retrieval among the first pictures of `pairs`, each with its first captions.

    Reads nothing beyond the last picture wanted. Raises TooFewPictures.
    """
    images, texts, owners = dict[bytes, np.ndarray](), list[np.ndarray](), list[bytes]()
    captions = Counter[bytes]()
    for pair in embed(model, pairs, batch):
        if pair.image_id not in images:
            if len(images) == settings.pictures:
                break
            images[pair.image_id] = pair.image
        if captions[pair.image_id] < settings.captions:
            captions[pair.image_id] += 1
            texts.append(pair.text)
            owners.append(pair.image_id)
    return _retrieval(images, texts, owners)


def embed(model: DualEncoder, pairs: tf.data.Dataset, batch: int) -> Iterator[Embedded]:
    """The embeddings of pairs, one after the other."""
    encode = tf.function(lambda part: model(part, training=False))
    for part in pairs.batch(batch).prefetch(1):
        images, texts = encode({name: part[name] for name in ("pixels", "tokens")})
        for image_id, image, text in zip(part["image_id"].numpy(), images.numpy(), texts.numpy(), strict=True):
            yield Embedded(image_id, image, text)


def _retrieval(images: dict[bytes, np.ndarray], texts: list[np.ndarray], owners: list[bytes]) -> Retrieval:
    if len(images) < 2:
        raise TooFewPictures(len(images))
    place = {image_id: number for number, image_id in enumerate(images)}
    embeddings = np.stack(list(images.values())), np.stack(texts), np.array([place[owner] for owner in owners])
    return Retrieval(image_to_text(*embeddings), text_to_image(*embeddings))
