"""Copies of evaluation pictures, as they stand in crawls: cut, encoded again, and mirrored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from bench.evidence.splits import Query, fraction

PLANTED = 0.5  # share of the evaluation pictures
CUT = 0.08  # share of each side that a cut takes away
QUALITY = 40


def _cut(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    left, top = round(CUT * width), round(CUT * height)
    return picture.crop((left, top, width - left, height - top))


COPIES: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "cut": _cut,
    "encoded": lambda picture: picture,
    "mirrored": ImageOps.mirror,
}


def is_planted(query: Query) -> bool:
    """Returns whether copies of the picture are planted: half of the pictures have some, the others are a control."""
    return fraction(query.picture.name, "plants") < PLANTED


def plant(queries: Sequence[Query], pictures: Path, folder: str) -> list[tuple[str, Query]]:
    """Writes copies below `pictures`, in `folder`; returns the path of each, below `pictures`, and what it copies."""
    planted = [query for query in queries if is_planted(query)]
    return [(_write(query, name, pictures, folder), query) for query in planted for name in COPIES]


def _write(query: Query, name: str, pictures: Path, folder: str) -> str:
    file = f"{folder}/{query.picture.name}-{name}.jpg"
    path = pictures / file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        with Image.open(pictures / query.picture.file) as picture:
            COPIES[name](picture).save(partial, "JPEG", quality=QUALITY)
        partial.rename(path)
    return file
