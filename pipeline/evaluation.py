"""The evaluation sets whose near-duplicates are dropped: their pictures, and the index that a run makes of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from apache_beam.io.filesystems import FileSystems

from dedup.evaluation import build
from pipeline.files import Output, read_bytes
from pipeline.inputs import InputError, Source

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
EVAL_INDEX = "work/evaluation"


def find_images(sets: Sequence[str]) -> list[Source]:
    """The pictures of evaluation sets, each a folder or a glob; named `<set>/<path below it>`.

    Raises InputError for a set without any.
    """
    found: list[Source] = []
    for pattern in sets:
        folder = _folder(pattern)
        images = [file for file in _files(pattern) if file.path.lower().endswith(PICTURES)]
        if not images:
            raise InputError(f"eval_images: no picture in {pattern}; the kinds are {', '.join(PICTURES)}")
        for file in sorted(images, key=lambda file: str(file.path)):
            name = f"{os.path.basename(folder)}/{file.path.removeprefix(folder).lstrip('/')}"
            found.append(Source(len(found), file.path, name, file.size_in_bytes, file.last_updated_in_seconds))
    return found


def _folder(pattern: str) -> str:
    """The folder itself, or the fixed part of a glob; its last name is the name of the set."""
    fixed = pattern.partition("*")[0]
    return (pattern if fixed == pattern else os.path.dirname(fixed)).rstrip("/")


def _files(pattern: str) -> list:
    globs = [pattern] if "*" in pattern else [pattern.rstrip("/") + "/**"]
    return [file for match in FileSystems.match(globs) for file in match.metadata_list]


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
