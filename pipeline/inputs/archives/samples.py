"""The samples of an archive: members grouped by name, each stored only as an offset and a length."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

IMAGES = ("jpg", "jpeg", "png", "webp", "gif", "avif", "bmp", "tif", "tiff", "heic", "heif")
SUFFIXES = (*IMAGES, "txt", "json")

_KINDS = ("image", "txt", "json")
_KIND_OF = {suffix: _KINDS.index("image" if suffix in IMAGES else suffix) for suffix in SUFFIXES}
_NUMBERS = 2 * len(_KINDS)  # offset and length of each kind
_MISSING = -1


class ByteRange(NamedTuple):
    """Offset and length, in bytes, of content within a file."""

    offset: int | None
    length: int | None


NOWHERE = ByteRange(None, None)


class Sample(NamedTuple):
    """The members of one pair; a missing one is NOWHERE."""

    key: str
    image: ByteRange
    txt: ByteRange
    json: ByteRange


class Samples:
    """The samples of one archive, in the order of their first members.

    Memory holds the key of each sample and six integers, so that millions of samples fit.
    """

    def __init__(self, canonical: bool = False) -> None:
        self.canonical = canonical  # whether the texts are
        self._keys: list[str] = []
        self._places = array("q")
        self._newest: dict[str, int] = {}  # newest sample of each key
        self._last = -1  # sample of the member before

    def add(self, name: str, place: ByteRange) -> None:
        """Adds a member to the sample of its key; skips names that belong to no pair.

        The first member of a kind counts in a sample. If a kind repeats later in the archive, with other samples in
        between, another sample of the same key begins.
        """
        if (known := split_name(name)) is None:
            return
        key, kind = known
        number = self._newest.get(key, -1)
        if number < 0 or (self._has(number, kind) and number != self._last):
            number = self._begin(key)
        if not self._has(number, kind):
            self._places[_NUMBERS * number + 2 * kind] = place.offset or 0
            self._places[_NUMBERS * number + 2 * kind + 1] = place.length or 0
        self._last = number

    def finish(self) -> None:
        """Removes samples that are parts of others, and frees the state needed only for adding."""
        kept = [number for number in range(len(self._keys)) if not self._is_part(number)]
        if len(kept) < len(self._keys):
            self._places = array("q", (value for number in kept for value in self._numbers(number)))
            self._keys = [self._keys[number] for number in kept]
        self._newest = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Sample]:
        numbers = iter(self._places)
        for key, *six in zip(self._keys, *[numbers] * _NUMBERS, strict=True):
            yield Sample(key, _place(*six[:2]), _place(*six[2:4]), _place(*six[4:]))

    def _begin(self, key: str) -> int:
        self._newest[key] = len(self._keys)
        self._keys.append(key)
        self._places.extend([_MISSING] * _NUMBERS)
        return len(self._keys) - 1

    def _numbers(self, number: int) -> array[int]:
        return self._places[_NUMBERS * number : _NUMBERS * (number + 1)]

    def _has(self, number: int, kind: int) -> bool:
        return self._places[_NUMBERS * number + 2 * kind] != _MISSING

    def _is_part(self, number: int) -> bool:
        """Returns whether a sample is a further part of another one, such as 0.seg.png of 0.jpg and 0.txt.

        WebDataset takes all after the first dot for a part's name. A sample without image or caption is a part if a
        sample exists whose key is the same up to a dot.
        """
        key = self._keys[number]
        base = key.rfind("/") + 1
        if "." not in key[base:]:
            return False
        image, txt, json = (self._has(number, kind) for kind in range(len(_KINDS)))
        if image and (txt or json):
            return False
        dots = (place for place in range(base + 1, len(key)) if key[place] == ".")
        return any(key[:place] in self._newest for place in dots)


def _place(offset: int, length: int) -> ByteRange:
    return NOWHERE if offset == _MISSING else ByteRange(offset, length)


def split_name(name: str) -> tuple[str, int] | None:
    """Splits a member's name into key and kind, at the last dot of its base name, before a known suffix.

    None for other suffixes and for hidden members: a path part that begins with a dot, or `__MACOSX`.
    """
    stem, dot, suffix = name.rpartition(".")
    kind = _KIND_OF.get(suffix.lower())
    if kind is None or not dot or stem == "" or stem.endswith("/") or _is_hidden(name):
        return None
    return stem, kind


def _is_hidden(name: str) -> bool:
    if name.count(".") == 1 and "__MACOSX" not in name:
        return False  # the dot is before the suffix
    parts = name.split("/")
    return any(part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in parts)
