"""Measuring on the way: the pairs that `evaluate` takes, and a held-out loss against a plain statement of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.support.training import changed, record, run_of, small_trained, write_shard, write_shards
from train.config import Train
from train.evaluate import Retrieval, Sample, TooFewPictures, evaluate
from train.examiner import Examiner, held_out_loss
from train.model import DualEncoder

pytestmark = pytest.mark.slow

BAD = record(99, jpg=b"no picture")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """40 pictures, some with a second and a third caption, and records that are none."""
    folder = tmp_path_factory.mktemp("shards")
    more = [
        BAD,
        *(record(number, txt=f"more of {number}") for number in (*range(0, 40, 2), *range(0, 40, 3))),
        b"no Example",
    ]
    return [*write_shards(folder, 20, 20), write_shard(folder / "more.tfrecord", more)]


@pytest.fixture(scope="module")
def model() -> DualEncoder:
    return small_trained().model


def examiner(shards: list[str], tmp_path: Path, held_out: bool, settings: Train) -> Examiner:
    return Examiner(run_of(shards, tmp_path, settings).records, held_out, settings)


@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize(("pictures", "captions"), [(5000, 5), (5000, 1), (7, 2), (2, 1)])
def test_kept_records_are_the_pairs_that_evaluate_takes(
    pictures: int, captions: int, held_out: bool, shards: list[str], model: DualEncoder, tmp_path: Path
) -> None:
    settings = changed(data={"held_out": 0.4}, evaluation={"pictures": pictures, "captions": captions})
    streamed, kept = (examiner(shards, tmp_path, held_out, settings) for _ in range(2))
    assert kept.keep() is None
    found = evaluate(model, streamed.records.evaluation(held_out), settings.evaluation)
    measured, whole = kept.measure(model), streamed.measure(model)
    assert measured == kept.measure(model) and measured.retrieval == found
    assert replace(measured, loss=0.0) == replace(whole, loss=0.0)
    assert measured.loss == pytest.approx(
        whole.loss, rel=1e-6
    )  # batches of another size, which some CPUs add up otherwise
    assert found.image_to_text.queries <= pictures


def test_kept_records_are_read_once(shards: list[str], model: DualEncoder, tmp_path: Path) -> None:
    copies = [tmp_path / Path(shard).name for shard in shards]
    for copy, shard in zip(copies, shards, strict=True):
        copy.write_bytes(Path(shard).read_bytes())
    kept = examiner([str(copy) for copy in copies], tmp_path, False, changed())
    kept.keep()
    for copy in copies:
        copy.unlink()
    assert kept.measure(model).retrieval.image_to_text.queries == 40


@pytest.mark.parametrize(
    ("held_out", "share", "pictures", "says"),
    [(True, 0.0, 0, "0 held-out pictures"), (True, 0.999, 1, "1 held-out picture"), (False, 0.0, 1, "1 test picture")],
)
def test_too_few_pictures_are_said_before_anything_is_measured(
    held_out: bool, share: float, pictures: int, says: str, model: DualEncoder, tmp_path: Path
) -> None:
    alone = [write_shard(tmp_path / "alone.tfrecord", [record(1), record(1), BAD])]
    kept = examiner(alone, tmp_path, held_out, changed(data={"held_out": share}))
    few = kept.keep()
    assert few and few.reason == says
    with pytest.raises(TooFewPictures) as error:
        kept.measure(model)
    assert kept.too_few(error.value.pictures) == few


# The loss


def stated(images: np.ndarray, texts: np.ndarray, temperature: float, smoothing: float) -> float:
    """Equations 1 and 2 of the paper on one batch, in float64, pair by pair."""
    images, texts = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, texts))
    total, count = 0.0, len(images)
    for queries, candidates in ((images, texts), (texts, images)):
        for row in range(count):
            logits = candidates @ queries[row] / temperature
            shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
            labels = np.full(count, smoothing / count) + (np.arange(count) == row) * (1 - smoothing)
            total -= float(labels @ np.log(shares)) / count
    return total


def sample(pictures: int) -> Sample:
    """Two captions of each picture, of which the first ones are rows of their own."""
    rng = np.random.default_rng(pictures)
    images, texts = rng.normal(size=(pictures, 6)), rng.normal(size=(2 * pictures, 6))
    return Sample(images.astype(np.float32), texts.astype(np.float32), np.repeat(np.arange(pictures), 2))


@pytest.mark.parametrize(
    ("pictures", "queue", "sizes"),
    [(7, 0, [7]), (8, 0, [8]), (9, 0, [8]), (16, 0, [8, 8]), (23, 0, [8, 8]), (30, 12, [13, 13]), (12, 12, [12])],
)
def test_the_loss_is_that_of_whole_batches_of_first_captions(
    pictures: int, queue: int, sizes: list[int], model: DualEncoder
) -> None:
    settings, found = changed(batch=8, queue={"size": queue}), sample(pictures)
    begins = np.cumsum([0, *sizes])[:-1]
    parts = [slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True)]
    wanted = [stated(found.images[part], found.texts[::2][part], 0.1, settings.loss.smoothing) for part in parts]
    loss, candidates = held_out_loss(model, found, settings)
    assert loss == pytest.approx(np.mean(wanted), rel=1e-5) and candidates == sizes[0]


def test_a_share_of_negatives_has_fewer_candidates(model: DualEncoder) -> None:
    loss, candidates = held_out_loss(model, sample(16), changed(loss={"negatives": 0.5}))
    assert candidates == 5 and loss < held_out_loss(model, sample(16), changed())[0]


def test_measuring_leaves_weights_statistics_and_dropout_as_they_are(
    shards: list[str], model: DualEncoder, tmp_path: Path
) -> None:
    before = [variable.numpy() for variable in model.variables]
    kept = examiner(shards, tmp_path, False, changed())
    kept.keep()
    assert isinstance(kept.measure(model).retrieval, Retrieval)
    assert all(np.array_equal(*pair) for pair in zip(before, (each.numpy() for each in model.variables), strict=True))
    assert any(isinstance(layer, keras.layers.Dropout) for layer in model.texts.layers)
