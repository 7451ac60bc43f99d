"""The pictures on which the two speeds of the porn model are compared: those that reach the model in a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from filters import AspectRatio, ShortSide, Undecodable
from filters.picture import Picture, UndecodableImage

KINDS = {".jpg", ".jpeg", ".png", ".webp"}
SMALLEST, LONGEST = ShortSide().min_pixels, AspectRatio().max_ratio
MAX_PIXELS = Undecodable().max_pixels


@dataclass(frozen=True)
class Found:
    """A picture of a source, and the sha256 of its bytes."""

    source: str
    sha256: str
    data: bytes

    def open(self) -> Picture:
        """The picture, with no pixel decoded."""
        return Picture(self.data, MAX_PIXELS)


def find_pictures(folders: Mapping[str, Path]) -> Iterator[Found]:
    """Yields each distinct picture once that the rules on sizes keep, by source and path."""
    seen = set[str]()
    for source, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in KINDS and path.is_file():
                found = Found(source, hashlib.sha256(data := path.read_bytes()).hexdigest(), data)
                if found.sha256 not in seen and _reaches_the_model(found):
                    yield found
                seen.add(found.sha256)


def _reaches_the_model(found: Found) -> bool:
    try:
        sides = sorted((found.open().header.width, found.open().header.height))
    except UndecodableImage:
        return False
    return sides[0] >= SMALLEST and sides[1] <= LONGEST * sides[0]
