"""N-grams and their hashes, against nltk and published values; and the pool of a whole column."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import nltk
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.real_text import ANY_TEXT, REAL_TEXTS, lines
from vocab.characters import load
from vocab.ngrams import hash_ngram, hash_ngrams, hash_word, mix, ngrams
from vocab.words import words


@given(st.lists(st.text()))
def test_ngrams_are_those_of_nltk(text: list[str]) -> None:
    assert Counter(ngrams(text)) == Counter(nltk.everygrams(text, 1, 2))


def test_ngrams_count_every_occurrence() -> None:
    assert ngrams(["a", "b", "a", "b"]) == [("a",), ("b",), ("a",), ("b",), ("a", "b"), ("b", "a"), ("a", "b")]
    assert ngrams(["a"]) == [("a",)]
    assert ngrams([]) == []


# The test vectors of FNV-1a's authors, 64 bits, before mixing
FNV = {"": 0xCBF29CE484222325, "a": 0xAF63DC4C8601EC8C, "foobar": 0x85944171F73967E8}


@pytest.mark.parametrize("word", FNV)
def test_hash_of_a_word_is_mixed_fnv(word: str) -> None:
    assert hash_word(word) == hash_ngram((word,)) == mix(FNV[word])


def test_mix_is_the_finaliser_of_murmur() -> None:
    assert mix(0) == 0
    assert mix(1) == 0xB456BCFC34C2CB2C
    assert mix(2**64 - 1) == 0x64B5720B4B825F21


def test_hash_of_a_bigram_depends_on_the_order() -> None:
    red, car = hash_word("red"), hash_word("car")
    assert hash_ngram(("red", "car")) == mix((red * 0x9E3779B97F4A7C15 + car) % 2**64)
    assert hash_ngram(("red", "car")) != hash_ngram(("car", "red"))


@given(st.lists(st.one_of(st.none(), ANY_TEXT)))
def test_pool_of_a_column(texts: list[str | None]) -> None:
    pool = hash_ngrams(pa.array(texts, pa.string()), load("uncased"))
    expected = (ngram for text in texts for ngram in ngrams(words(text or "")))
    assert Counter(pool.tolist()) == Counter(map(hash_ngram, expected))


@pytest.mark.slow
@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
def test_distinct_ngrams_have_distinct_hashes(path: Path) -> None:
    texts = lines(path)
    distinct = {ngram for text in texts for ngram in ngrams(words(text))}
    assert len(set(hash_ngrams(pa.array(texts), load("uncased")).tolist())) == len(distinct)
