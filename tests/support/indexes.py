"""Helpers for tests of `python -m train embed` and `search`: small models, an index of images and its contents."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.commands.train.cli import TRAIN
from pipeline.commands.train.embed import indexing
from pipeline.commands.train.embed import run as embed
from pipeline.commands.train.search import run as search
from tests.support.command import fingerprint
from tests.support.training import picture, small_trained, tokenizer
from train import embedding
from train.vectors import normalised

TRAINED = small_trained()
OTHER = dataclasses.replace(TRAINED, weights="cd" * 32)


def use_small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder `other` holds another model; two pictures are embedded at once, four are a part of an index."""
    for module in (embed, search):
        monkeypatch.setattr(module, "load_model", lambda folder: OTHER if folder == "other" else TRAINED)
    monkeypatch.setattr("pipeline.commands.train.options.load_tensorflow", lambda command: None)
    monkeypatch.setattr(embedding, "AT_ONCE", 2)
    monkeypatch.setattr(indexing, "PER_PART", 4)


def index_of_eleven(folder: Path) -> Path:
    """An index of eleven pictures in folders."""
    photos(folder / "photos", 11)
    assert call("embed", f"--images={folder}/photos", f"--output={folder}/index") == 0
    return folder / "index"


def call(command: str, *options: str | Path, model: str = "model") -> int:
    """The exit code of a command, in this process."""
    return TRAIN.call([command, f"--model={model}", *map(str, options)])


def photos(folder: Path, count: int) -> Path:
    """So many pictures, in two folders."""
    (folder / "deep").mkdir(parents=True)
    for number in range(count):
        (folder / ("deep" if number % 2 else "") / f"{number:02}.jpg").write_bytes(picture(number))
    return folder


def rows(index: Path) -> list[dict]:
    return pq.read_table(index / "pictures.parquet").to_pylist()


def facts(index: Path) -> dict:
    return json.loads((index / "index.json").read_text())


def contents(index: Path) -> dict[str, str]:
    return {path.name: fingerprint(path) for path in index.iterdir()}


def of_picture(number: int) -> np.ndarray:
    """Returns an image's embedding, by the tower itself."""
    pixels = TRAINED.square.middle(picture(number))
    return normalised(TRAINED.model.images(pixels[None], training=False).numpy()[0])


def of_text(text: str) -> np.ndarray:
    return normalised(TRAINED.model.texts(tokenizer().encode([text], 8), training=False).numpy()[0])


def ranked(query: np.ndarray) -> list[int]:
    """The numbers of eleven pictures, the most similar first."""
    return sorted(range(11), key=lambda number: -float(of_picture(number) @ query))


def found(index: Path, *options: str) -> list[list[int]]:
    """The numbers of the pictures that are found for each query."""
    output = index.parent / "found.json"
    assert call("search", f"--index={index}", f"--output={output}", *options) == 0
    queries = json.loads(output.read_text())["queries"]
    return [[int(hit["name"][-6:-4]) for hit in query["pictures"]] for query in queries]
