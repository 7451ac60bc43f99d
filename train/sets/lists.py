"""Pictures with captions in plain lists, as Multi30k is published: a file of names, and captions, one per line."""

from __future__ import annotations

from collections.abc import Sequence

from train.sets.files import BadSet, read_lines
from train.sets.karpathy import Captioned


def read_lists(names: str, captions: Sequence[str], images: str) -> list[Captioned]:
    """Pictures that `names` lists, below the folder `images`, each with its line of every file of captions.

    A blank line is a missing caption. Raises BadSet, NotThere.
    """
    pictures = [name for name in read_lines(names) if name]
    columns = [_column(file, len(pictures), names) for file in captions]
    return [
        Captioned(f"{images.rstrip('/')}/{name}", tuple(texts)) for name, *texts in zip(pictures, *columns, strict=True)
    ]


def _column(file: str, pictures: int, names: str) -> list[str]:
    lines = read_lines(file)
    if len(lines) != pictures:
        raise BadSet(f"{file}: {len(lines):,} captions for the {pictures:,} images of {names}")
    return lines
