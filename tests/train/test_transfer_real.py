"""Classes learned on real photographs, where they are beside the checkout, and counted again with Keras and Pillow."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from tests.support.training import changed
from tests.support.transfers import run_transfer, small_towers_patched, write_model
from train.sets.folders import read_folders
from train.transfer.config import Data
from train.transfer.parts import read_set

pytestmark = pytest.mark.slow

PHOTOS = [Path(__file__).resolve().parents[3] / "shared" / "data" / "clothing" / "test"]
SIZE, MIDDLE = 40, 0.875
PROBE = f"""
name: clothes
transfer:
  task: classification
  classification:
    batch: 32
    decay: cosine
    head: {{steps: 40, learning_rate: 0.5, size: 32, test_size: {SIZE}}}
    whole: {{epochs: 0}}
"""


@pytest.mark.parametrize("photos", [folder for folder in PHOTOS if folder.is_dir()])
def test_a_probe_of_photographs_is_as_good_as_it_says(photos: Path, tmp_path: Path):
    (tmp_path / "probe.yaml").write_text(PROBE)
    with small_towers_patched():
        model = write_model(tmp_path / "model", changed(text={"dropout": 0.0}))
        run_transfer(tmp_path / "probe.yaml", f"--model={model}", f"--images={photos}", f"--output={tmp_path}/probe")
    told = json.loads((tmp_path / "probe" / "transfer.json").read_text())
    _, test = read_set(str(photos), Data())
    assert told["train"]["pictures"] + told["test"]["pictures"] == len(read_folders(str(photos)).paths)
    classes = (tmp_path / "probe" / "classes.txt").read_text().split("\n")[:-1]
    assert classes == sorted(folder.name for folder in photos.iterdir() if folder.is_dir())
    classifier = keras.models.load_model(tmp_path / "probe" / "classifier.keras")
    logits = classifier(np.stack([middle(picture.path) for picture in test.pictures])).numpy()
    right = [classes.index(Path(picture.path).parent.name) for picture in test.pictures]
    counted = (logits.argmax(axis=1) == right).mean()
    assert told["accuracy"]["head"]["pictures"] == len(right)
    assert abs(told["accuracy"]["head"]["top1"] - counted) <= 2 / len(right)  # a JPEG that is decoded small differs
    assert told["accuracy"]["head"]["top1"] > 1 / len(classes)


def middle(path: str) -> np.ndarray:
    """The middle of a photograph, squeezed into a square."""
    whole = round(SIZE / MIDDLE)
    edge = (whole - SIZE) // 2
    with Image.open(path) as photo:
        square = np.asarray(photo.convert("RGB").resize((whole, whole), Image.Resampling.BILINEAR))
    return square[edge : edge + SIZE, edge : edge + SIZE]
