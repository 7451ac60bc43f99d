"""What tests of transfers share: a trained model in a folder, coloured pictures, the command in this process."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.training import transfer
from pipeline.training.material import load_model
from pipeline.training.transfer_options import parse
from tests.training import PIECES, SETTINGS, run_of, write_shards
from train.checkpoint import arrays_of
from train.config import Train
from train.model import DualEncoder
from train.trained import Trained

COLOURS = {"blue": (40, 70, 200), "green": (40, 160, 60), "red": (200, 40, 40)}


def write_model(folder: Path, settings: Train = SETTINGS) -> str:
    """The output of a training that had no time to learn anything; returns its path."""
    shards = folder / "shards"
    shards.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    digest = hashlib.sha256((folder / "vocab.txt").read_bytes()).hexdigest()
    run = run_of(write_shards(shards, 8, 8), folder, settings, digest)
    model = DualEncoder(settings, len(PIECES))
    run.checkpoints.save(1, arrays_of(model=model), {"step": 1, "run": run.facts()}, keep=1)
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


def run_transfer(config: Path, *options: str) -> None:
    """`python -m train transfer`, without a process of its own."""
    parser = argparse.ArgumentParser(prog="transfer", allow_abbrev=False)
    transfer.run(parse(parser, [f"--config={config}", *options]))
