"""Checks which pictures of a set can be read, and why others can't, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from filters.picture import Picture, UndecodableImage
from train.bar import progress_bar
from train.embedding import MISSING, PictureSource
from train.pairs import MAX_PIXELS
from train.sets.files import BadSet
from train.transfer.labelled import Labelled

AT_ONCE = 1024


def readable(pictures: Labelled) -> tuple[Labelled, list[str]]:
    """The readable pictures, and one line for each other. Raises BadSet if none is left."""
    errors = list(_errors(pictures.pictures))
    bad = [error for error in errors if error]
    if len(bad) == len(errors):
        raise BadSet(f"{len(bad):,} images, and none can be read, such as {bad[0]}")
    return (pictures.take(np.flatnonzero([not error for error in errors])) if bad else pictures), bad


def _errors(pictures: Sequence[PictureSource]) -> Iterator[str]:
    with (
        ThreadPoolExecutor() as pool,
        progress_bar("read", len(pictures), "pictures") as bar,
    ):
        for begin in range(0, len(pictures), AT_ONCE):
            yield from pool.map(_error, pictures[begin : begin + AT_ONCE])
            bar.update(min(AT_ONCE, len(pictures) - begin))


def _error(picture: PictureSource) -> str:
    try:
        Picture(picture.read(), MAX_PIXELS).at_least(1)  # a JPEG is read completely but decoded small
    except UndecodableImage as error:
        return f"{picture.name}: {error}"
    except MISSING as error:
        return f"{picture.name}: {getattr(error, 'strerror', None) or 'no such file'}"
    return ""
