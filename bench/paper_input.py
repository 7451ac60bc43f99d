"""The trainer's input at the paper's size: JPEGs of 640 x 480 pixels, resized to 346, cropped to 289, 64 tokens."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from bench.corpus import FOLDER
from bench.figures import Figure
from bench.pictures import canvas, caption
from train.config import Data
from train.data import Records
from train.example import encode_example, write_record
from train.pairs import Encoder, Square
from vocab.wordpiece import INSIDE, SPECIAL, WordPieceTokenizer

WIDTH, HEIGHT, QUALITY = 640, 480, 90
BATCH = 10
CPU_MILLISECONDS = 2.2  # at most, a pair
NATIVE = 1.19  # times TensorFlow's own decoding and resize, at most: 1.85 ms where 2.2 was asked for
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def input_rate(repeats: int, pairs: int) -> Iterator[Figure]:
    """CPU time a pair, the least of `repeats` measurements of `pairs`, in turn with TensorFlow's decoding and resize;
    and pairs a second on all cores.
    """
    shard = _shard(FOLDER / "paper_input.tfrecord")
    ours, native = (partial(next, iter(batches.prefetch(2))) for batches in (_ours(shard), _native(shard)))
    ours(), native()
    rounds = [(_round(ours, pairs // BATCH), _round(native, pairs // BATCH)) for _ in range(repeats)]
    (cpu, wall), (native_cpu, _) = (map(min, zip(*times, strict=True)) for times in zip(*rounds, strict=True))
    what = f"input, JPEG of {WIDTH} x {HEIGHT} to 289 x 289 pixels"
    yield Figure(f"{what}: CPU time a pair", 1000 * cpu, "ms", at_most=CPU_MILLISECONDS)
    yield Figure(f"{what}: pairs a CPU second", 1 / cpu)
    yield Figure(f"{what}: pairs a second on {os.cpu_count()} cores", 1 / wall)
    yield Figure(
        f"{what}: CPU time of TensorFlow's decode_jpeg and resize, without antialiasing", 1000 * native_cpu, "ms"
    )
    yield Figure(f"{what}: CPU time, ours / TensorFlow's", cpu / native_cpu, "x", at_most=NATIVE)


def _ours(shard: Path) -> tf.data.Dataset:
    pieces = [*SPECIAL, *LETTERS, *(INSIDE + letter for letter in LETTERS)]
    encoder = Encoder(WordPieceTokenizer(pieces), Square(346, 289), 64)
    return Records([str(shard)], encoder, Data(1, 50, 0.0)).training().batch(BATCH)


def _native(shard: Path) -> tf.data.Dataset:
    """The middle of each picture, by compiled operations alone; no text, and no order but that of the file."""

    def pixels(record: tf.Tensor) -> tf.Tensor:
        pair = tf.io.parse_single_example(record, {"jpg": tf.io.FixedLenFeature([], tf.string)})
        whole = tf.image.resize(tf.io.decode_jpeg(pair["jpg"], channels=3), (346, 346))
        return tf.cast(tf.image.resize_with_crop_or_pad(whole, 289, 289), tf.uint8)

    return tf.data.TFRecordDataset(str(shard)).repeat().map(pixels, tf.data.AUTOTUNE).batch(BATCH)


def _round(read: partial[tf.Tensor], batches: int) -> tuple[float, float]:
    """CPU and wall seconds a pair."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(batches):
        read()
    pairs = batches * BATCH
    return (time.process_time() - cpu) / pairs, (time.perf_counter() - wall) / pairs


def _shard(path: Path, count: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for number in range(count):
            write_record(file, encode_example({"jpg": _jpeg(number), "txt": caption(number), "key": str(number)}))
    return path


def _jpeg(number: int) -> bytes:
    top, left = np.random.default_rng(number).integers(0, 640, 2).tolist()
    file = io.BytesIO()
    part = canvas(number)[top : top + HEIGHT, left : left + WIDTH]
    Image.fromarray(part.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
