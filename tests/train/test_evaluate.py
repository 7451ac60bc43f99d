"""Retrieval with a model, against recalls counted by hand and by loops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import SETTINGS, record, run_of, small_image_tower, small_text_tower, tokenizer, write_shard
from train.config import Evaluation
from train.evaluate import Retrieval, TooFewPictures, evaluate
from train.model import DualEncoder

pytestmark = pytest.mark.slow

# Pictures a, b, c and their captions, as the vectors that the model below makes of them
PICTURES = {"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [-1.0, 0.0]}
PAIRS = [("a", [1.0, 0.1]), ("b", [0.05, 1.0]), ("a", [0.1, 1.0]), ("c", [1.0, -0.05]), ("a", [1.0, 0.0])]


def vectors(batch: dict[str, tf.Tensor], training: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """A model whose pictures and texts are their own embeddings."""
    assert not training
    return batch["pixels"], batch["tokens"]


def element(picture: str, text: list[float]) -> dict[str, object]:
    return {"pixels": PICTURES[picture], "tokens": text, "image_id": picture.encode()}


def measured(pictures: int, captions: int, batch: int = 2, count: int = 4) -> Retrieval:
    columns = {name: [element(*pair)[name] for pair in PAIRS[:count]] for name in ("pixels", "tokens", "image_id")}
    return evaluate(vectors, tf.data.Dataset.from_tensor_slices(columns), Evaluation(pictures, captions), batch)


@pytest.mark.parametrize("batch", [1, 3, 4, 100])
def test_recalls_are_those_counted_by_hand(batch: int):
    """Caption by caption: a's first finds a, b's b, a's second b and c's a; of the pictures b alone finds its own."""
    retrieval = measured(pictures=9, captions=9, batch=batch)
    assert retrieval.text_to_image.found == pytest.approx((2 / 4, 1, 1))
    assert retrieval.text_to_image.chance == pytest.approx((1 / 3, 1, 1))
    assert retrieval.image_to_text.found == pytest.approx((1 / 3, 1, 1))
    assert retrieval.image_to_text.chance == pytest.approx(((2 / 4 + 1 / 4 + 1 / 4) / 3, 1, 1))


@pytest.mark.parametrize(
    ("pictures", "captions", "sizes"),
    [(2, 1, (2, 2)), (2, 2, (2, 3)), (2, 3, (2, 3)), (3, 1, (3, 3)), (3, 2, (3, 4)), (3, 3, (3, 5)), (4, 4, (3, 5))],
)
def test_pictures_and_captions_are_the_first_ones(pictures: int, captions: int, sizes: tuple[int, int]):
    """With two pictures, c ends the reading, and a's third caption comes after it."""
    retrieval = measured(pictures, captions, count=5)
    assert (retrieval.image_to_text.queries, retrieval.image_to_text.candidates) == sizes
    assert (retrieval.text_to_image.candidates, retrieval.text_to_image.queries) == sizes


def test_reading_stops_after_the_last_picture_wanted():
    read = 0

    def pairs() -> Iterator[dict[str, object]]:
        nonlocal read
        for number in range(10_000):
            read += 1
            yield {"pixels": [1.0, number], "tokens": [1.0, number], "image_id": f"{number}".encode()}

    spec = {name: tf.TensorSpec((2,), tf.float32) for name in ("pixels", "tokens")}
    stream = tf.data.Dataset.from_generator(pairs, output_signature={**spec, "image_id": tf.TensorSpec((), tf.string)})
    assert evaluate(vectors, stream, Evaluation(30, 1), batch=10).text_to_image.queries == 30
    assert 30 <= read <= 80


@pytest.mark.parametrize(("count", "pictures"), [(1, 9), (0, 9)])
def test_fewer_than_two_pictures_are_too_few(count: int, pictures: int):
    with pytest.raises(TooFewPictures, match=r"^(0 images|1 image): retrieval needs two"):
        measured(pictures, captions=9, count=count)


def test_a_models_recalls_equal_those_of_loops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """On records with two captions a picture, without dropout, the middle of each picture."""
    monkeypatch.setattr("train.model.image_tower", small_image_tower)
    monkeypatch.setattr("train.model.text_tower", small_text_tower)
    texts = ["red photo", "blue cat", "old town", "of a sea", "a b c", "x y z"] * 2
    shard = write_shard(tmp_path / "a.tfrecord", [record(n % 6, txt=f"{text} {n}") for n, text in enumerate(texts)])
    records, model = run_of([shard], tmp_path).records, DualEncoder(SETTINGS, len(tokenizer()))
    found = evaluate(model, records.evaluation(held_out=False), Evaluation(), batch=5)
    rows = list(records.evaluation(held_out=False).as_numpy_iterator())
    embedded = model({name: np.stack([row[name] for row in rows]) for name in ("pixels", "tokens")}, training=False)
    images, captions = (np.asarray(part) / np.linalg.norm(part, axis=1, keepdims=True) for part in embedded)
    near = images[:6] @ captions.T
    right = [int(np.argmax(near[:, text]) == text % 6) for text in range(12)]
    assert found.text_to_image.found[0] == pytest.approx(np.mean(right))
    right = [int(np.argmax(near[image]) % 6 == image) for image in range(6)]
    assert found.image_to_text.found[0] == pytest.approx(np.mean(right))
    fifth = [int(image in [int(text) % 6 for text in np.argsort(-near[image])[:5]]) for image in range(6)]
    assert found.image_to_text.found[1] == pytest.approx(np.mean(fifth))
