"""Compiled words and hashes of whole columns, on Arrow's buffers: no row is ever a Python object.

The readable forms are in `words.py` and `ngrams.py`; tests hold both equal. Importing this loads numba (0.3 s), so
import it where it is used. The first call compiles for some seconds; the machine code is then cached on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit

from vocab.buffers import replace_rows, utf8
from vocab.characters import CJK, DROPPED, MARK, WORD, Characters
from vocab.words import in_order

FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(33)
NOT_SIMPLE = 255


@dataclass(frozen=True, eq=False)
class Words:
    """The hashed words of a column, in order: those of row r are `hashes[rows[r]:rows[r + 1]]`."""

    hashes: np.ndarray  # uint64 (words,)
    rows: np.ndarray  # int64 (rows + 1,)

    @property
    def counts(self) -> np.ndarray:
        """How many words each row has, int64 (rows,)."""
        return np.diff(self.rows)


def hash_strings(strings: pa.StringArray) -> np.ndarray:
    """The hash of every string, uint64 (rows,); a null hashes as ''."""
    return _hash_strings(*utf8(strings))


def hash_words(texts: pa.StringArray, characters: Characters) -> Words:
    """The hashed words of every text; a null has none. The multilingual profile wants NFC, as canonical text is."""
    hashes, rows, disordered = _hash_words(*utf8(texts), *_table(characters))
    if disordered.any():
        hashes, rows, _ = _hash_words(*utf8(marks_in_order(texts, disordered, characters)), *_table(characters))
    return Words(hashes, rows)


def hash_bigrams(words: Words) -> np.ndarray:
    """The hashes of all pairs of neighbouring words of one row, uint64, row after row."""
    return _hash_bigrams(words.hashes, words.rows)


def marks_in_order(texts: pa.StringArray, disordered: np.ndarray, characters: Characters) -> pa.StringArray:
    """The texts, with the marks of those rows (bool) in the order of NFD. It takes Python, for one row in millions."""
    rows = pa.array(disordered)
    return replace_rows(texts, rows, [in_order(text, characters) for text in texts.filter(rows).to_pylist()])


def _table(characters: Characters) -> tuple[np.ndarray, ...]:
    return characters.start, characters.blob, characters.kind, characters.order


@njit(inline="always")
def mix(h):  # type: ignore[no-untyped-def]
    """The 64-bit finaliser of MurmurHash3."""
    h = (h ^ (h >> SHIFT)) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> SHIFT)) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> SHIFT)


@njit(inline="always")
def hash_on(h, data, begin, end):  # type: ignore[no-untyped-def]
    """FNV-1a, from the state `h`, of some more bytes."""
    for i in range(np.int64(begin), np.int64(end)):
        h = (h ^ np.uint64(data[i])) * FNV_PRIME
    return h


@njit(inline="always")
def decode(data, i):  # type: ignore[no-untyped-def]
    """The code point at byte `i` of valid UTF-8, and where the next one begins."""
    c = np.int64(data[i])
    if c < 0x80:
        return c, i + 1
    if c < 0xE0:
        return (c & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F), i + 2
    tail = np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
    if c < 0xF0:
        return (c & 0x0F) << 12 | tail, i + 3
    return (c & 0x07) << 18 | tail << 6 | np.int64(data[i + 3] & 0x3F), i + 4


@njit(cache=True, nogil=True)
def simple_bytes(start, blob, kind):  # type: ignore[no-untyped-def]
    """The bytes that need no look at the table, uint8 (256,): what a letter or digit becomes, and 0 where a word ends."""
    simple = np.full(256, NOT_SIMPLE, np.uint8)
    for c in range(0x80):
        if kind[c] == WORD:
            simple[c] = blob[start[c]]
        elif kind[c] != DROPPED:
            simple[c] = 0
    return simple


@njit(cache=True, nogil=True)
def _hash_strings(data, offsets):  # type: ignore[no-untyped-def]
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for row in range(len(hashes)):
        hashes[row] = mix(hash_on(FNV_OFFSET, data, offsets[row], offsets[row + 1]))
    return hashes


@njit(cache=True, nogil=True)
def _hash_words(data, offsets, start, blob, kind, order):  # type: ignore[no-untyped-def]
    """The hashes, the rows, and the rows where a mark follows one of a higher order, bool (rows,).

    English is branch-free: every simple byte writes the state as the next word, which counts where the word ends.
    This takes half the time of a branch at the end of each word, which no processor foresees.
    """
    n = len(offsets) - 1
    most = (np.int64(offsets[n]) - np.int64(offsets[0]) + n) // 2 + 1  # a CJK word has three bytes, others one and a gap
    hashes, rows, disordered = np.empty(most, np.uint64), np.empty(n + 1, np.int64), np.zeros(n, np.bool_)
    simple = simple_bytes(start, blob, kind)
    k = np.int64(0)
    for row in range(n):
        rows[row] = k
        i, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        h, is_word, before = FNV_OFFSET, np.int64(0), 0
        while i < end:
            letter = simple[data[i]]
            if letter != NOT_SIMPLE:
                i += 1
                inside = np.int64(letter != 0)
                hashes[k] = h
                k += is_word & (1 - inside)
                h = (h ^ np.uint64(letter)) * FNV_PRIME if letter != 0 else FNV_OFFSET
                is_word = inside
                before = 0
                continue
            c, i = decode(data, i)
            what = kind[c]
            if what >= WORD:
                h = hash_on(h, blob, start[c], start[c + 1])
                is_word |= np.int64(what == WORD)
                disordered[row] |= 0 < order[c] < before
                before = order[c]
            elif what != DROPPED:
                hashes[k] = h
                k += is_word
                h, is_word, before = FNV_OFFSET, np.int64(0), 0
                if what == CJK:
                    hashes[k] = hash_on(FNV_OFFSET, blob, start[c], start[c + 1])
                    k += 1
        hashes[k] = h
        k += is_word
    rows[n] = k
    for i in range(k):
        hashes[i] = mix(hashes[i])
    return hashes[:k], rows, disordered


@njit(cache=True, nogil=True)
def _hash_bigrams(hashes, rows):  # type: ignore[no-untyped-def]
    pairs = np.empty(len(hashes), np.uint64)
    k = 0
    for row in range(len(rows) - 1):
        for i in range(rows[row], rows[row + 1] - 1):
            pairs[k] = mix(hashes[i] * GOLDEN + hashes[i + 1])
            k += 1
    return pairs[:k]
