"""The frozen table of characters: the text and kind of every code point in a token, for each profile.

It is read from `characters.txt`, which `make_characters.py` writes from the behaviour of Hugging Face's BERT tokeniser,
so that no other version of Python or Unicode changes a token. The readable splitter and the compiled one both use it.

The file has a section for each profile, with lines `first last kind [= | + codes | . codes]` in hexadecimal: the
characters from first to last become themselves (=), or the given characters, the last of them counted up (+) or the
same for all (.). The sections `order` and `nfc` have lines `first last value`; a character that no line lists has 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

PROFILES = ("uncased", "multilingual")
SIZE = 0x110000  # code points
FILE = Path(__file__).with_name("characters.txt")

DROPPED = 0  # removed
SPACE = 1  # ends a token
PUNCTUATION = 2  # a token by itself, and no word
CJK = 3  # a token by itself, and a word
WORD = 4  # part of a token, and makes it a word: a letter or digit
OTHER = 5  # part of a token
MARK = 6  # part of a token; swaps with a neighbour of a higher order (uncased only, where NFD reorders)

UNSETTLED = 255


@dataclass(frozen=True, eq=False)
class Characters:
    """The table of one profile. Character c becomes the UTF-8 bytes `blob[start[c]:start[c + 1]]`."""

    profile: str
    kind: np.ndarray  # uint8 (SIZE,): one of the kinds above
    start: np.ndarray  # uint32 (SIZE + 1,)
    blob: np.ndarray  # uint8
    order: np.ndarray  # uint8 (SIZE,): NFD sorts a run of characters above 0 by it; 255 is dropped wherever it moves

    def text(self, character: str) -> str:
        """The replacement of `character`."""
        code = ord(character)
        return self.blob[self.start[code] : self.start[code + 1]].tobytes().decode()


@cache
def load(profile: str) -> Characters:
    """The table of `profile`. Raises ValueError for an unknown one."""
    if profile not in PROFILES:
        raise ValueError(f"text.profile: no such profile {profile!r}; the choices are {', '.join(PROFILES)}")
    kind, start, blob = entries(_frozen_sections()[profile])
    order = _values(_frozen_sections()["order"] if profile == "uncased" else [])
    return Characters(profile, _frozen(kind), _frozen(start), _frozen(blob), _frozen(order))


@cache
def nfc_orders() -> np.ndarray:
    """Classifies how canonical text may contain each character, uint8 (SIZE,).

    0: in any context. 1 to 254: a mark of this combining class, after no mark of a higher one. 255: ask `unicodedata`,
    since the character may compose or change under NFC, is white space, may begin an HTML entity, or is unassigned.
    """
    return _frozen(_values(_frozen_sections()["nfc"]))


@cache
def _frozen_sections() -> dict[str, list[str]]:
    return sections(FILE.read_text(encoding="ascii"))


def sections(table: str) -> dict[str, list[str]]:
    """The lines of each section of a table, by its name."""
    found = {}
    for part in table.split("\n[")[1:]:
        name, *lines = part.rstrip("\n").split("\n")
        found[name.rstrip("]")] = lines
    return found


def _values(lines: list[str]) -> np.ndarray:
    values = np.zeros(SIZE, np.uint8)
    for line in lines:
        first, last, value = line.split()
        values[int(first, 16) : int(last, 16) + 1] = int(value, 16)
    return values


def entries(lines: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kind, start and blob of `Characters`, from the lines of a profile."""
    kind, width = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)  # width: in code points
    texts = []
    for line in lines:
        first, last, value, *rule = line.split()
        run = range(int(first, 16), int(last, 16) + 1)
        kind[run.start : run.stop] = int(value)
        if rule:
            texts.append(_text(run, *rule))
            width[run.start : run.stop] = max(len(rule) - 1, 1)
    blob = np.frombuffer("".join(texts).encode(), np.uint8)
    places = np.append(np.flatnonzero(blob & 0xC0 != 0x80), len(blob))  # byte offset of each code point
    start = places[np.concatenate([[0], np.cumsum(width, dtype=np.int32)])]
    return kind, start.astype(np.uint32), blob


def _text(run: range, how: str, *codes: str) -> str:
    """Concatenates the replacements of a run's characters."""
    if how == "=":
        return np.arange(run.start, run.stop, dtype="<u4").tobytes().decode("utf-32-le")
    *before, base = (int(code, 16) for code in codes)
    prefix = "".join(map(chr, before))
    return "".join(prefix + chr(base + (place if how == "+" else 0)) for place in range(len(run)))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
