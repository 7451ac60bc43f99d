"""The towers that a training saved, as a model that embeds pictures and texts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import keras

from train.config import ImageTower, TextTower, Train
from train.model import Towers
from train.trained import Trained
from vocab.wordpiece import WordPieceTokenizer

IMAGES, TEXTS, FACTS = "image_tower.keras", "text_tower.keras", "model.json"


def load_towers(folder: str | Path) -> Trained:
    """The towers in a local output of `python -m train fit`, with its tokeniser and the settings of its inputs.

    Checkpoints aren't needed; without them `weights` is a digest of the two files. Raises OSError, ValueError.
    """
    place = Path(folder)
    facts = json.loads((place / FACTS).read_text(encoding="utf-8"))["train"]
    settings = replace(Train(), image=ImageTower(**facts["image"]), text=TextTower(**facts["text"]))
    images, texts = (keras.saving.load_model(place / name, compile=False) for name in (IMAGES, TEXTS))
    digest = hashlib.sha256(b"".join((place / name).read_bytes() for name in (IMAGES, TEXTS))).hexdigest()
    return Trained(Towers(images, texts, "saved"), WordPieceTokenizer.load(place), settings, digest)
