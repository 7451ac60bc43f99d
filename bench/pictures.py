"""Seeded photo-like JPEGs of web sizes, in the containers that the pipeline and its yardsticks read.

A picture is noise of all scales, cropped and lit by its number. No two are alike, and a JPEG has 0.9 bits a pixel, like
photos.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

CANVASES, CANVAS_SIDE = 16, 1280  # pixels
SIDES = (320, 900)  # pixels, smallest and largest
QUALITIES = (70, 92)
OCTAVES = 10
FALL = 1.4  # ratio of amplitudes from an octave to the next
ROWS_PER_GROUP = 1000
PICTURES_PER_FILE = 10_000
SEED = 1


def jpeg(number: int) -> bytes:
    """Makes picture `number`: some 40 kB. It depends on the number alone."""
    random = np.random.default_rng([SEED, number])
    width, height = random.integers(*SIDES, 2).tolist()
    left, top = (int(random.integers(0, CANVAS_SIDE - side)) for side in (width, height))
    light, shade = random.uniform(0.7, 1.0), random.uniform(0, 60)
    crop = canvas(number)[top : top + height, left : left + width]
    file = io.BytesIO()
    image = Image.fromarray((crop * light + shade).clip(0, 255).astype(np.uint8))
    image.save(file, "JPEG", quality=int(random.integers(*QUALITIES)))
    return file.getvalue()


def canvas(number: int) -> np.ndarray:
    """The picture of noise that picture `number` is cut from, float (1280, 1280, 3)."""
    return _canvas(number % CANVASES)


def caption(number: int) -> str:
    """A text that no rule drops."""
    return f"a picture of noise number {number}"


def write_files(folder: Path, count: int, first: int = 0) -> list[Path]:
    """Writes pictures from number `first` as files, except existing ones."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06d}.jpg" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        if not path.exists():
            path.write_bytes(jpeg(number))
    return paths


def write_tar(path: Path, pictures: list[Path]) -> None:
    """A WebDataset shard as img2dataset writes it: NAME.jpg and NAME.txt."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for picture in pictures:
            _add(tar, picture.name, picture.read_bytes())
            _add(tar, f"{picture.stem}.txt", caption(int(picture.stem)).encode())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def write_table(path: Path, pictures: list[Path]) -> None:
    """A Parquet file of pictures and their captions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, _schema(), compression="none", use_dictionary=False) as writer:
        for begin in range(0, len(pictures), ROWS_PER_GROUP):
            group = pictures[begin : begin + ROWS_PER_GROUP]
            writer.write_table(_table([picture.read_bytes() for picture in group], int(group[0].stem)))


def write_one_group(path: Path, size: float) -> None:
    """A Parquet file with one row group of `size` bytes of images, written on first use."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    table = _table(list(_unlike(size)), 0)
    partial = path.with_suffix(".part")
    pq.write_table(table, partial, compression="none", row_group_size=len(table), use_dictionary=False)
    partial.rename(path)


def write_unlike(folder: Path, count: int) -> None:
    """Writes Parquet files with `count` images in all, each another file; keeps existing ones."""
    folder.mkdir(parents=True, exist_ok=True)
    few = [jpeg(number) for number in range(256)]
    for begin in range(0, count, PICTURES_PER_FILE):
        path = folder / f"{begin // PICTURES_PER_FILE:05d}.parquet"
        if not path.exists():
            numbers = range(begin, min(begin + PICTURES_PER_FILE, count))
            table = _table([few[number % len(few)] + number.to_bytes(4, "big") for number in numbers], begin)
            partial = path.with_suffix(".part")
            pq.write_table(table, partial, compression="none", row_group_size=ROWS_PER_GROUP, use_dictionary=False)
            partial.rename(path)


def _schema() -> pa.Schema:
    return pa.schema([("image", pa.binary()), ("text", pa.string())])


def _table(images: list[bytes], first: int) -> pa.Table:
    texts = [caption(number) for number in range(first, first + len(images))]
    return pa.table({"image": images, "text": texts}, schema=_schema())


def _unlike(size: float) -> Iterator[bytes]:
    """Pictures of `size` bytes in all: a few repeatedly, each made a distinct file by bytes after its end."""
    few = [jpeg(number) for number in range(256)]
    number = 0
    while size > 0:
        yield (image := few[number % len(few)] + number.to_bytes(4, "big"))
        size -= len(image)
        number += 1


@cache
def _canvas(number: int) -> np.ndarray:
    """Noise whose amplitude falls with its frequency, as in photos: float32 (side, side, 3), 0 to 255."""
    random = np.random.default_rng([SEED, 1 << 20, number])
    total = np.zeros((CANVAS_SIDE, CANVAS_SIDE, 3), np.float32)
    for octave in range(1, OCTAVES + 1):
        small = random.integers(0, 256, (2**octave + 1, 2**octave + 1, 3), np.uint8)
        big = Image.fromarray(small).resize((CANVAS_SIDE, CANVAS_SIDE), Image.Resampling.BICUBIC)
        total += np.asarray(big, np.float32) / FALL**octave
    low, high = np.percentile(total, (1, 99))
    return ((total - low) * (255 / (high - low))).clip(0, 255)
