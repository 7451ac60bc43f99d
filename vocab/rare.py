"""The first rare n-gram of every text, by position and as text, compiled."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vocab.buffers import read_only, string_array, utf8
from vocab.characters import CJK, DROPPED, WORD, Characters
from vocab.hashing import Words, hash_bigrams, marks_in_order
from vocab.kernel import kernel
from vocab.lookup import SortedTable
from vocab.utf8 import decode

BLANK = 0x20
NONE = -1


def first_rare(words: Words, frequent: SortedTable) -> np.ndarray:
    """A code for each row's first n-gram that is not in `frequent`, int64 (rows,).

    -1 if all are in it; 2 i for the unigram at word i of the row, 2 i + 1 for the bigram that starts there. First is by
    position, the unigram before the bigram that starts there.
    """
    unigrams, bigrams = frequent.contains(words.hashes), frequent.contains(hash_bigrams(words))
    return _first_rare(read_only(words.rows), unigrams, bigrams)


def ngram_texts(texts: pa.StringArray, codes: np.ndarray, characters: Characters) -> pa.StringArray:
    """The n-grams with these codes (int64 (rows,), as `first_rare` returns them): words, joined by a blank.

    Null where the code is -1. The texts must be those that were hashed.
    """
    wanted = codes != NONE
    codes = read_only(codes[wanted])
    data, offsets = utf8(marks_in_order(texts.filter(pa.array(wanted)), characters))
    spans = read_only(_spans(data, offsets, codes, characters.kind))
    lengths = np.zeros(len(texts) + 1, np.int64)
    lengths[1:][wanted] = _lengths(data, spans, characters.start)
    out = _write(data, spans, characters.start, characters.blob, lengths.sum())
    return string_array(out, np.cumsum(lengths).astype(np.int32), wanted)


@kernel
def _first_rare(rows: np.ndarray, unigrams: np.ndarray, bigrams: np.ndarray) -> np.ndarray:
    codes = np.full(len(rows) - 1, NONE, np.int64)
    bigram = 0  # hash of the row's first bigram
    for row in range(len(codes)):
        words = rows[row + 1] - rows[row]
        for i in range(words):
            if not unigrams[rows[row] + i]:
                codes[row] = 2 * i
                break
            if i + 1 < words and not bigrams[bigram + i]:
                codes[row] = 2 * i + 1
                break
        bigram += max(words - 1, 0)
    return codes


@kernel
def _spans(data: np.ndarray, offsets: np.ndarray, codes: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Byte ranges of each n-gram's first and second word, int64 (rows, 4); a unigram's second is empty."""
    spans = np.zeros((len(codes), 4), np.int64)
    for row in range(len(codes)):
        end = np.int64(offsets[row + 1])
        spans[row, 0], spans[row, 1] = nth_word(data, np.int64(offsets[row]), end, codes[row] // 2, kind)
        if codes[row] % 2:
            spans[row, 2], spans[row, 3] = nth_word(data, spans[row, 1], end, 0, kind)
    return spans


@kernel
def nth_word(data: np.ndarray, i: np.int64, end: np.int64, n: int, kind: np.ndarray) -> tuple[np.int64, np.int64]:
    """Byte range of the n-th word (from 0) after byte `i`; at `end` if there is none."""
    begin, is_word = i, False
    while i < end:
        here = i
        c, i = decode(data, i)
        what = kind[c]
        if what == WORD:
            is_word = True
        elif what < WORD and what != DROPPED:
            if is_word and n == 0:
                return begin, here
            n -= is_word
            if what == CJK and n == 0:
                return here, i
            n -= what == CJK
            begin, is_word = i, False
    return (begin, end) if is_word and n == 0 else (end, end)


@kernel
def _lengths(data: np.ndarray, spans: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Length of each n-gram in bytes, int64 (rows,)."""
    lengths = np.zeros(len(spans), np.int64)
    for row in range(len(spans)):
        for word in range(2):
            i, end = spans[row, 2 * word], spans[row, 2 * word + 1]
            lengths[row] += word == 1 and i < end  # the blank
            while i < end:
                c, i = decode(data, i)
                lengths[row] += np.int64(start[c + 1]) - np.int64(start[c])
    return lengths


@kernel
def _write(data: np.ndarray, spans: np.ndarray, start: np.ndarray, blob: np.ndarray, length: int) -> np.ndarray:
    """Concatenates the n-grams, uint8 (length,)."""
    out = np.full(length, BLANK, np.uint8)
    to = 0
    for row in range(len(spans)):
        for word in range(2):
            i, end = spans[row, 2 * word], spans[row, 2 * word + 1]
            to += word == 1 and i < end  # the blank
            while i < end:
                c, i = decode(data, i)
                for k in range(start[c], start[c + 1]):
                    out[to] = blob[k]
                    to += 1
    return out
