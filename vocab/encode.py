"""Texts to the ids of their pieces, compiled: `words.tokens` and the split of each token in one pass.

Importing this module loads numba.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numba import njit

from vocab.buffers import utf8
from vocab.characters import DROPPED, MARK, SPACE, WORD, Characters, load
from vocab.kernel import kernel
from vocab.trie import Trie, make_trie, spell, split_word, split_words
from vocab.utf8 import decode
from vocab.words import in_order

LONGEST_CHARACTER = 4  # bytes
Table = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # start, blob, kind and order of Characters


def write_ids(texts: Sequence[str], characters: Characters, trie: Trie, ids: np.ndarray) -> np.ndarray:
    """Writes the ids of each text's pieces into its row of int32 (texts, length), from the second column on.

    As many as fit before the last column; returns their numbers, int64 (texts,).
    """
    if characters.profile == "multilingual":
        texts = [unicodedata.normalize("NFC", text) for text in texts]
    rows = np.arange(len(texts))
    counts, disordered = _write_ids(*utf8(spell(texts)), _table(characters), trie, ids, rows)
    if disordered.any():
        rows = np.flatnonzero(disordered)
        ordered = spell([in_order(texts[row], characters) for row in rows.tolist()])
        counts[rows], _ = _write_ids(*utf8(ordered), _table(characters), trie, ids, rows)
    return counts


def load_kernels() -> None:
    """Calls every compiled kernel of the tokeniser once, on next to nothing."""
    trie = make_trie(["a"], "##", 0, 1)
    split_words(spell(["a"]), trie)
    write_ids(["a"], load("uncased"), trie, np.empty((1, 3), np.int32))


def _table(characters: Characters) -> Table:
    return characters.start, characters.blob, characters.kind, characters.order


@kernel
def _write_ids(
    data: np.ndarray, offsets: np.ndarray, table: Table, trie: Trie, ids: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The number of ids in each row, and a mark for rows whose marks may be out of order, bool."""
    start, blob, kind, order = table
    counts, disordered = np.empty(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    word = np.empty(LONGEST_CHARACTER * (trie.longest + 1), np.uint8)
    pieces = np.empty(trie.longest, np.int32)
    for text, row in enumerate(rows):
        room, k = ids[row, 1:-1], 0
        i, end = np.int64(offsets[text]), np.int64(offsets[text + 1])
        size, before = 0, np.uint8(0)  # of the word so far, in bytes; the order of the last mark
        while i < end and k < len(room):
            c, i = decode(data, i)
            what = kind[c]
            if what == DROPPED:
                continue
            if what < WORD:
                k, size = _end_word(word, size, trie, pieces, room, k), 0
            if what != SPACE:
                size = _add(blob, start[c], start[c + 1], word, size)
            if what < WORD:
                k, size = _end_word(word, size, trie, pieces, room, k), 0
            if what == MARK:
                disordered[text] |= order[c] < before
                before = order[c]
        counts[text] = _end_word(word, size, trie, pieces, room, k)
    return counts, disordered


@njit(inline="always")
def _add(blob: np.ndarray, begin: int, end: int, word: np.ndarray, size: int) -> int:
    """Adds bytes to a word, and returns its new size; of a word that is too long, the beginning is enough."""
    for place in range(np.int64(begin), min(np.int64(end), np.int64(begin) + len(word) - size)):
        word[size] = blob[place]
        size += 1
    return size


@njit
def _end_word(word: np.ndarray, size: int, trie: Trie, pieces: np.ndarray, room: np.ndarray, k: int) -> int:
    """Writes the ids of a word, if it has any characters, from `room[k]` on as far as they fit; returns their end."""
    count = min(int(split_word(word, 0, size, trie, pieces, 0)), len(room) - k)
    for place in range(count):
        room[k + place] = pieces[place]
    return k + count
