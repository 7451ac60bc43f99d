"""Helpers for tests of the trainer: captioned images in TFRecord shards, a small vocabulary, tiny settings."""

from __future__ import annotations

import hashlib
import io
import os
import string
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from tests.support.command import FORKED
from train import config, model
from train.config import Train
from train.examiner import Examiner
from train.example import encode_example, write_record
from train.fit import Trainer
from train.run import Run
from train.trained import Trained
from vocab.wordpiece import INSIDE, SPECIAL, WordPieceTokenizer

LETTERS = string.ascii_lowercase
PIECES = [*SPECIAL, *LETTERS, *(INSIDE + letter for letter in LETTERS), *string.digits, "photo", "red", "blue", "of"]
WORDS = ("photo of a red one", "blue sea", "a cat", "the old town", "of red and blue")
SETTINGS = Train(
    image=config.ImageTower("tiny", resize=40, crop=32),
    text=config.TextTower("tiny", length=8, dropout=0.1),
    temperature=config.Temperature(start=0.1),
    optimizer=config.Optimizer(learning_rate=0.01, warmup_steps=2),
    data=config.Data(shards=2, shuffle=8, held_out=0.0),
    checkpoints=config.Checkpoints(every=2, keep=9),
    batch=8,
    steps=6,
    log_every=1,
)


@cache
def tokenizer() -> WordPieceTokenizer:
    return WordPieceTokenizer(PIECES)


@cache
def picture(number: int) -> bytes:
    """A JPEG of soft noise, 60 x 40, another for each number."""
    small = np.random.default_rng(number).integers(0, 256, (5, 7, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((60, 40), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def record(number: int, **features: bytes | str | int) -> bytes:
    """The record of pair `number`, as the pipeline writes it, with some features given."""
    jpg = features.pop("jpg", None) or picture(number)
    assert isinstance(jpg, bytes)
    made = {"txt": WORDS[number % len(WORDS)], "key": f"k{number}", "sha256": hashlib.sha256(jpg).hexdigest()}
    return encode_example({"jpg": jpg, **made, **features})


def write_shard(path: Path, records: Sequence[bytes]) -> str:
    with path.open("wb") as file:
        for data in records:
            write_record(file, data)
    return str(path)


def write_shards(folder: Path, *sizes: int) -> list[str]:
    """Shards of so many pairs each, numbered through all of them."""
    first = [sum(sizes[:shard]) for shard in range(len(sizes))]
    return [
        write_shard(folder / f"{shard}.tfrecord", [record(first[shard] + number) for number in range(size)])
        for shard, size in enumerate(sizes)
    ]


def run_of(shards: Sequence[str], output: Path, settings: Train = SETTINGS, vocabulary: str = "0f" * 32) -> Run:
    return Run(shards, tokenizer(), vocabulary, settings, str(output))


def examiner_of(run: Run) -> Examiner | None:
    """Measures its held-out pairs on the way, if its settings say so."""
    if not run.settings.evaluation.every:
        return None
    examiner = Examiner(run.records, True, run.settings)
    assert examiner.keep() is None
    return examiner


def changed(settings: Train = SETTINGS, **changes: Any) -> Train:
    """The settings with others: `changed(batch=4, data={"shuffle": 1})`."""
    sections = {
        name: replace(getattr(settings, name), **change) for name, change in changes.items() if isinstance(change, dict)
    }
    return replace(settings, **{**changes, **sections})


def in_process(function: Callable[..., Any], *arguments: Any, **environment: str) -> Future[Any]:
    """Calls a function of a module in a new process, for what TensorFlow takes once: devices, hosts, being killed."""
    pool = ProcessPoolExecutor(1, FORKED, _set, (environment,))
    called = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return called


def _set(environment: dict[str, str]) -> None:
    os.environ.update(environment)


def small_image_tower(settings: config.ImageTower, synchronized: bool = False, pieces: int = 1) -> keras.Model:
    """In place of EfficientNet, where what it is doesn't matter: built in no time, normalises batches as it does."""
    pixels = keras.Input((settings.crop, settings.crop, 3))
    features = layers.Conv2D(12, 8, strides=8, use_bias=False)(pixels / 127.5 - 1)
    norm = layers.BatchNormalization(momentum=0.9 ** (1 / pieces), synchronized=synchronized)
    features = layers.Activation("swish")(norm(features))
    embedding = layers.Dense(16, dtype="float32")(layers.GlobalAveragePooling2D()(features))
    return keras.Model(pixels, embedding)


def small_text_tower(settings: config.TextTower, vocabulary: int, width: int) -> keras.Model:
    """In place of BERT."""
    tokens = keras.Input((settings.length,), dtype="int32")
    vectors = layers.Dropout(settings.dropout)(layers.Embedding(vocabulary, 24)(tokens))
    return keras.Model(tokens, layers.Dense(width, dtype="float32")(layers.Flatten()(vectors)))


def use_small_towers() -> None:
    """For the rest of this process."""
    model.image_tower, model.text_tower = small_image_tower, small_text_tower


@cache
def small_trained(settings: Train = SETTINGS) -> Trained:
    """A model with small towers and random weights, as one that was loaded."""
    keras.utils.set_random_seed(0)
    with mock.patch.multiple(model, image_tower=small_image_tower, text_tower=small_text_tower):
        encoder = model.DualEncoder(settings, len(tokenizer()))
    return Trained(encoder, tokenizer(), settings, "ab" * 32)


def fit(shards: list[str], output: Path, settings: Train = SETTINGS) -> Trainer:
    """A finished training of small towers."""
    run = run_of(shards, output, settings)
    trainer = Trainer(run, tf.distribute.get_strategy(), examiner=examiner_of(run))
    trainer.fit()
    return trainer
