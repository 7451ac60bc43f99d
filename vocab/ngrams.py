"""N-grams and their hashes in plain Python, and the n-grams of a whole column, compiled."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vocab.characters import Characters

MODULUS = 2**64


def ngrams(words: list[str]) -> list[tuple[str, ...]]:
    """The unigrams of a text's words, then its bigrams; every occurrence."""
    from nltk.util import ngrams as nltk_ngrams  # takes most of a second; hash_ngrams doesn't need it

    return [*nltk_ngrams(words, 1), *nltk_ngrams(words, 2)]


def hash_ngram(ngram: tuple[str, ...]) -> int:
    """The 64-bit hash of a unigram or bigram."""
    if len(ngram) == 1:
        return hash_word(ngram[0])
    first, second = map(hash_word, ngram)
    return mix((first * 0x9E3779B97F4A7C15 + second) % MODULUS)


def hash_word(word: str) -> int:
    """The 64-bit hash of a word, or of any string: FNV-1a of its UTF-8, mixed."""
    h = 0xCBF29CE484222325
    for byte in word.encode():
        h = (h ^ byte) * 0x100000001B3 % MODULUS
    return mix(h)


def mix(h: int) -> int:
    """MurmurHash3's finaliser: every bit of `h` changes about half the bits of the result."""
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD % MODULUS
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 % MODULUS
    return h ^ h >> 33


def hash_ngrams(texts: pa.StringArray, characters: Characters) -> np.ndarray:
    """The hashes of all unigrams and bigrams of the texts in one array, uint64: every occurrence, in no set order."""
    from vocab.hashing import hash_bigrams, hash_words

    words = hash_words(texts, characters)
    return np.concatenate([words.hashes, hash_bigrams(words)])
