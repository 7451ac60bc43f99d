"""Ordinary pictures: a scene, drawn and encoded, with its captions."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from pipeline.sample.captions import captions
from pipeline.sample.draw import draw
from pipeline.sample.rows import Row
from pipeline.sample.scenes import random_scene


@dataclass(frozen=True)
class Picture:
    """A picture's file and people's captions of it."""

    name: str
    content: bytes
    captions: tuple[str, ...]
    width: int
    height: int


def picture(seed: int, part: str, number: int) -> Picture:
    """Picture `number` of a part of the sample, determined by these three arguments."""
    random = Random(f"{seed}/{part}/{number}")
    scene = random_scene(random)
    texts = tuple(captions(scene, random))
    drawn = draw(scene, np.random.default_rng(random.getrandbits(64)))
    ending, content = _as_file(drawn, number)
    return Picture(f"{part}-{number:05d}.{ending}", content, texts, scene.width, scene.height)


def encode(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of `image` in a format that Pillow writes, with its options."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def rows(pictures: list[Picture]) -> Iterator[Row]:
    """A row for every caption of every picture."""
    for shown in pictures:
        stem = shown.name.split(".")[0]
        for number, text in enumerate(shown.captions):
            url = f"https://pictures.example/{shown.name}"
            yield Row(f"{stem}-{number}", text, shown.content, shown.name, url, shown.width, shown.height)


def links(seed: int, count: int) -> Iterator[Row]:
    """Rows of pictures that nobody downloaded: a link, a caption, and the size that the page states."""
    for number in range(count):
        random = Random(f"{seed}/link/{number}")
        scene = random_scene(random)
        url = f"https://pictures.example/link-{number:05d}.jpg"
        yield Row(f"link-{number:05d}", captions(scene, random)[0], url=url, width=scene.width, height=scene.height)


def _as_file(drawn: Image.Image, number: int) -> tuple[str, bytes]:
    """The ending and bytes: mostly JPEG, as on the web; one in twenty WebP, one in forty PNG."""
    if number % 20 == 7:
        return "webp", encode(drawn, "WEBP", method=0)
    if number % 40 == 12:
        return "png", encode(drawn, "PNG", compress_level=1)
    return "jpg", encode(drawn)
