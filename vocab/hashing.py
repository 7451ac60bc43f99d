"""Hashes of the strings and of the words of whole columns, compiled.

`words.py` and `ngrams.py` hold the readable forms; tests hold both equal. Importing this module loads numba (0.2 s), so
import it where it is used. A kernel's first call compiles for a second or so; the machine code is then cached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit

from vocab.buffers import read_only, replace_rows, utf8
from vocab.characters import CJK, DROPPED, MARK, WORD, Characters
from vocab.kernel import kernel
from vocab.utf8 import decode
from vocab.words import in_order

FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(33)
NOT_SIMPLE = 255


@dataclass(frozen=True, eq=False)
class Words:
    """The hashed words of a column, in order: row r has `hashes[rows[r]:rows[r + 1]]`."""

    hashes: np.ndarray  # uint64 (words,)
    rows: np.ndarray  # int64 (rows + 1,)

    @property
    def counts(self) -> np.ndarray:
        """Words per row, int64 (rows,)."""
        return np.diff(self.rows)


def hash_strings(strings: pa.StringArray) -> np.ndarray:
    """The hash of every string, uint64 (rows,); a null hashes as ''."""
    return _hash_strings(*utf8(strings))


def hash_words(texts: pa.StringArray, characters: Characters) -> Words:
    """The hashed words of every text; a null has none. The multilingual profile wants NFC, as canonical text is."""
    hashes, rows, disordered = _hash_words(*utf8(texts), *_table(characters))
    if disordered.any():
        hashes, rows, _ = _hash_words(*utf8(_reorder(texts, disordered, characters)), *_table(characters))
    return Words(hashes, rows)


def hash_bigrams(words: Words) -> np.ndarray:
    """The hashes of all pairs of neighbouring words of one row, uint64, row after row."""
    return _hash_bigrams(read_only(words.hashes), read_only(words.rows))


def marks_in_order(texts: pa.StringArray, characters: Characters) -> pa.StringArray:
    """The texts as `hash_words` reads them, with marks in the order of NFD where a token depends on it."""
    _, _, disordered = _hash_words(*utf8(texts), *_table(characters))
    return _reorder(texts, disordered, characters) if disordered.any() else texts


def _reorder(texts: pa.StringArray, rows: np.ndarray, characters: Characters) -> pa.StringArray:
    """Reorders marks in Python: slow, but needed for about one row in a million."""
    return replace_rows(texts, rows, [in_order(text, characters) for text in texts.filter(pa.array(rows)).to_pylist()])


def _table(characters: Characters) -> tuple[np.ndarray, ...]:
    return characters.start, characters.blob, characters.kind, characters.order


@njit(inline="always")
def mix(h: np.uint64) -> np.uint64:
    """The 64-bit finaliser of MurmurHash3."""
    h = (h ^ (h >> SHIFT)) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> SHIFT)) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> SHIFT)


@njit(inline="always")
def hash_on(h: np.uint64, data: np.ndarray, begin: int, end: int) -> np.uint64:
    """FNV-1a, continued from the state `h` over more bytes."""
    for i in range(np.int64(begin), np.int64(end)):
        h = (h ^ np.uint64(data[i])) * FNV_PRIME
    return h


@kernel
def simple_bytes(start: np.ndarray, blob: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """A letter's output byte for each input byte that needs no table lookup, 0 where a word ends, uint8 (256,)."""
    simple = np.full(256, NOT_SIMPLE, np.uint8)
    for c in range(0x80):
        if kind[c] == WORD:
            simple[c] = blob[start[c]]
        elif kind[c] != DROPPED:
            simple[c] = 0
    return simple


@kernel
def _hash_strings(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for row in range(len(hashes)):
        hashes[row] = mix(hash_on(FNV_OFFSET, data, offsets[row], offsets[row + 1]))
    return hashes


@kernel
def _hash_words(
    data: np.ndarray, offsets: np.ndarray, start: np.ndarray, blob: np.ndarray, kind: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hashes, rows, and a mark for rows whose marks may be out of order, bool (rows,)."""
    n = len(offsets) - 1
    size = np.int64(offsets[n]) - np.int64(offsets[0])
    most = (size + n) // 2 + 1  # a CJK word has three bytes, and any other at least one and a gap or an end
    hashes, rows, disordered = np.empty(most, np.uint64), np.zeros(n + 1, np.int64), np.empty(n, np.bool_)
    simple = simple_bytes(start, blob, kind)
    for row in range(n):
        span = np.int64(offsets[row]), np.int64(offsets[row + 1])
        rows[row + 1], disordered[row] = _hash_row(data, span, hashes, rows[row], simple, start, blob, kind, order)
    hashes = hashes[: rows[n]]
    for k in range(len(hashes)):
        hashes[k] = mix(hashes[k])
    return hashes, rows, disordered


@njit(inline="always")
def _hash_row(
    data: np.ndarray,
    span: tuple[np.int64, np.int64],
    hashes: np.ndarray,
    k: np.int64,
    simple: np.ndarray,
    start: np.ndarray,
    blob: np.ndarray,
    kind: np.ndarray,
    order: np.ndarray,
) -> tuple[np.int64, bool]:
    """Writes the hashes of a text's words, not yet mixed, from `k` on.

    Returns their end, and whether a mark comes anywhere after one of a higher order.

    English takes no branch: every simple byte writes the state as the next word, which counts where the word ends.
    Processors can't predict a branch at the end of each word, which would take twice the time.
    """
    i, end = span
    h, is_word, disordered = FNV_OFFSET, np.int64(0), False
    before = np.uint8(0)  # the order of the last mark
    while i < end:
        letter = simple[data[i]]
        if letter != NOT_SIMPLE:
            inside = np.int64(letter != 0)
            hashes[k] = h
            k += is_word & (1 - inside)
            h = (h ^ np.uint64(letter)) * FNV_PRIME if letter != 0 else FNV_OFFSET
            i, is_word = i + 1, inside
            continue
        c, i = decode(data, i)
        what = kind[c]
        if what >= WORD:
            h = hash_on(h, blob, start[c], start[c + 1])
            is_word |= np.int64(what == WORD)
            if what == MARK:
                disordered |= order[c] < before
                before = order[c]
        elif what != DROPPED:
            hashes[k] = h
            k += is_word
            h, is_word = FNV_OFFSET, np.int64(0)
            if what == CJK:
                hashes[k] = hash_on(FNV_OFFSET, blob, start[c], start[c + 1])
                k += 1
    hashes[k] = h
    return k + is_word, disordered


@kernel
def _hash_bigrams(hashes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    pairs = np.empty(len(hashes), np.uint64)
    k = 0
    for row in range(len(rows) - 1):
        for i in range(rows[row], rows[row + 1] - 1):
            pairs[k] = mix(hashes[i] * GOLDEN + hashes[i + 1])
            k += 1
    return pairs[:k]
