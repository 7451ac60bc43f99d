"""Helpers for tests of transfer: a trained model in a folder, coloured images, the command in this process."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.commands.train.material import load_model
from pipeline.commands.train.transfer import run as transfer
from pipeline.commands.train.transfer.options import parse
from tests.support.training import (
    PIECES,
    SETTINGS,
    WORDS,
    picture,
    run_of,
    small_image_tower,
    small_text_tower,
    write_shards,
)
from train import model as train_model
from train.checkpoint import arrays_of
from train.config import Train
from train.model import DualEncoder
from train.trained import Trained
from train.transfer import classifier as classifiers

COLOURS = {"blue": (40, 70, 200), "green": (40, 160, 60), "red": (200, 40, 40)}


@contextmanager
def small_towers_patched() -> Iterator[None]:
    """Small towers in place of EfficientNet and BERT, also in classifiers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifiers, "image_tower", small_image_tower)
        patch.setattr(train_model, "image_tower", small_image_tower)
        patch.setattr(train_model, "text_tower", small_text_tower)
        yield


def write_model(folder: Path, settings: Train = SETTINGS) -> str:
    """The output of a training that had no time to learn anything; returns its path."""
    shards = folder / "shards"
    shards.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    digest = hashlib.sha256((folder / "vocab.txt").read_bytes()).hexdigest()
    run = run_of(write_shards(shards, 8, 8), folder, settings, digest)
    model = DualEncoder(settings, len(PIECES))
    run.checkpoints.save(1, arrays_of(model=model), {"step": 1, "run": run.facts()})
    return str(folder)


def trained_model(folder: Path, settings: Train = SETTINGS) -> Trained:
    return load_model(write_model(folder, settings))


def write_colours(root: Path, each: int, seed: int = 0) -> Path:
    """So many pictures of each colour, with noise, in folders."""
    random = np.random.default_rng(seed)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for number in range(each):
            pixels = np.clip(np.array(colour) + random.integers(-40, 40, (36, 48, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


def write_captioned(folder: Path, pictures: int) -> tuple[str, str]:
    """A file of Karpathy's form, of whose pictures every third is of the test split."""
    (folder / "images").mkdir()
    entries = []
    for number in range(pictures):
        (folder / "images" / f"{number}.jpg").write_bytes(picture(number))
        sentences = [{"raw": WORDS[number % len(WORDS)]}, {"raw": f"of {number}"}]
        split = "test" if number % 3 == 2 else "train"
        entries.append({"filename": f"{number}.jpg", "split": split, "sentences": sentences})
    (folder / "captions.json").write_text(json.dumps({"images": entries}))
    return f"{folder}/captions.json", f"{folder}/images"


def run_transfer(config: Path, *options: str) -> None:
    """`python -m train transfer`, without a process of its own."""
    parser = argparse.ArgumentParser(prog="transfer", allow_abbrev=False)
    transfer.run(parse(parser, [f"--config={config}", *options]))
