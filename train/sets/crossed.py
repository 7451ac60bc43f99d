"""Ratings of Crisscrossed Captions: people's similarity of two captions, two pictures, or a caption and a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from train.sets.files import BadSet, read_table

SCORE = "agg_score"


@dataclass(frozen=True)
class Rating:
    """Two items, each a caption's id or a picture's file name, and their similarity, from 0 to 5."""

    first: int | str
    second: int | str
    score: float


def read_captions_rated(file: str) -> list[Rating]:
    """`sts_{split}.csv`: two captions each. Raises BadSet, NotThere."""
    return _read(file, ("caption1", "caption2"), (_caption, _caption))


def read_pictures_rated(file: str) -> list[Rating]:
    """`sis_{split}.csv`: two pictures each. Raises BadSet, NotThere."""
    return _read(file, ("image1", "image2"), (_picture, _picture))


def read_pairs_rated(file: str) -> list[Rating]:
    """`sits_{split}.csv`: a caption and a picture each. Raises BadSet, NotThere."""
    return _read(file, ("caption", "image"), (_caption, _picture))


def _read(
    file: str, columns: tuple[str, str], kinds: tuple[Callable[[str], int | str], Callable[[str], int | str]]
) -> list[Rating]:
    rows = read_table(file, (*columns, SCORE))
    try:
        return [Rating(kinds[0](first), kinds[1](second), float(score)) for first, second, score in rows]
    except ValueError as error:
        raise BadSet(f"{file}: {error}") from error


def _caption(text: str) -> int:
    """The number in a sentence id such as COCO_val2014:sentid:190268."""
    return int(text.rpartition(":")[2])


def _picture(text: str) -> str:
    return PurePosixPath(text).name
