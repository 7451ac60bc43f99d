"""The characters that a vocabulary can spell: the most frequent ones of all words, rare words included."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vocab.buffers import utf8

CODE_POINTS = 0x110000


def character_counts(words: pa.StringArray, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts every code point, int64 (CODE_POINTS,), in words that occur `counts` (int64) times each."""
    found = np.zeros(CODE_POINTS, np.int64)
    np.add.at(found, code_points(words), np.repeat(counts, lengths(words)))
    return found


def choose_alphabet(counts: NDArray[np.int64], most: int) -> str:
    """The `most` most frequent characters of `character_counts`, most frequent first; ties go to the smaller one."""
    order = np.argsort(-counts, kind="stable")[:most]
    return "".join(map(chr, order[counts[order] > 0]))


def spelled_with(words: pa.StringArray, alphabet: str) -> NDArray[np.bool_]:
    """Marks words with characters of `alphabet` alone, bool (words,). No word is empty."""
    known = np.zeros(CODE_POINTS, bool)
    known[[ord(character) for character in alphabet]] = True
    ends = np.cumsum(lengths(words))
    return np.logical_and.reduceat(known[code_points(words)], ends - lengths(words)) if len(words) else known[:0]


def code_points(words: pa.StringArray) -> NDArray[np.uint32]:
    """The code points of all words, word after word, uint32."""
    data, offsets = utf8(words)
    return np.frombuffer(data[offsets[0] : offsets[-1]].tobytes().decode().encode("utf-32-le"), np.uint32)


def lengths(words: pa.StringArray) -> NDArray[np.int64]:
    """Word lengths in characters, int64 (words,)."""
    import pyarrow.compute as pc

    found: NDArray[np.int32] = pc.utf8_length(words).to_numpy()
    return found.astype(np.int64)
