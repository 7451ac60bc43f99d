"""The evaluation sets whose near-duplicates are dropped: their pictures, and the index that a run makes of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dedup.evaluation import build
from pipeline.files import Output, read_bytes
from pipeline.inputs import InputError, Source
from pipeline.inputs.sources import list_files

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
EVAL_INDEX = "work/evaluation"


def find_images(sets: Sequence[str]) -> list[Source]:
    """The pictures of evaluation sets, each a folder or a glob; named `<set>/<path below it>`.

    Raises InputError for a set without any.
    """
    found: list[Source] = []
    for pattern in sets:
        try:
            files = list_files(pattern, PICTURES)
        except InputError as error:
            raise InputError(str(error).replace("input:", "eval_images:", 1)) from error
        images = [image for image in files if image.path.lower().endswith(PICTURES)]
        if not images:
            raise InputError(f"eval_images: no picture in {pattern!r}; the kinds are {', '.join(PICTURES)}")
        found += [replace(image, name=f"{_set_name(pattern)}/{image.name}") for image in images]
    return found


def _set_name(pattern: str) -> str:
    """The last name of the folder, or of the fixed part of a glob."""
    fixed = pattern.partition("*")[0]
    folder = pattern if fixed == pattern and not pattern.lower().endswith(PICTURES) else os.path.dirname(fixed)
    return os.path.basename(folder.rstrip("/"))


def index_images(output: Output, images: Sequence[Source], max_pixels: int) -> None:
    """Writes the index of the evaluation images, if it isn't there; without images there is none."""
    if not images or output.has(EVAL_INDEX):
        return
    index, undecodable = build(_contents(images), max_pixels)
    if not index.ids:
        raise InputError(f"eval_images: none of the {len(images)} pictures can be decoded, such as {images[0].path}")
    for image in undecodable:
        print(f"eval_images: {image} can't be decoded, so no near-duplicate of it is found", file=sys.stderr)
    with output.write(EVAL_INDEX) as file:
        index.save(file)


def _contents(images: Sequence[Source]) -> Iterator[tuple[str, bytes]]:
    for image in images:
        yield image.name, read_bytes(image.path)
