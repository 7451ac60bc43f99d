"""The compiled kernels against the readable definitions: words, hashes, n-grams, counts and lookups."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.real_text import ANY_TEXT, CODE_POINTS, REAL_TEXTS, lines
from vocab import counting, lookup
from vocab.characters import PROFILES, load
from vocab.counting import count, radix_sort
from vocab.hashing import hash_bigrams, hash_strings, hash_words
from vocab.lookup import SortedTable
from vocab.ngrams import hash_ngram, hash_word, ngrams
from vocab.rare import first_rare, ngram_texts
from vocab.words import words

KEYS = st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 9), st.integers(2**64 - 9, 2**64 - 1)))


def column(texts: list[str | None]) -> pa.StringArray:
    return pa.array(texts, pa.string())


def in_form(texts: list[str], profile: str) -> list[str]:
    """Texts for the kernels: any for `uncased`, NFC for `multilingual`."""
    return texts if profile == "uncased" else [unicodedata.normalize("NFC", text) for text in texts]


@cache
def hash_of(*ngram: str) -> int:
    return hash_ngram(ngram)


def uint64(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint64)


def assert_words(texts: list[str], profile: str) -> None:
    """Words and bigrams of a column are those of each text."""
    found = hash_words(column(texts), load(profile))
    expected = [words(text, profile) for text in texts]
    assert np.diff(found.rows).tolist() == found.counts.tolist() == list(map(len, expected))
    assert found.hashes.tolist() == [hash_of(word) for text in expected for word in text]
    bigrams = [ngram for text in expected for ngram in ngrams(text) if len(ngram) == 2]
    assert hash_bigrams(found).tolist() == [hash_of(*bigram) for bigram in bigrams]


# Words


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_words_of_every_code_point(profile: str) -> None:
    texts = [
        " ".join(f"a{chr(c)}b {chr(c)}" for c in CODE_POINTS[i : i + 500]) for i in range(0, len(CODE_POINTS), 500)
    ]
    texts = in_form(texts, profile)
    found = hash_words(column(texts), load(profile))
    expected = [words(text, profile) for text in texts]
    assert found.counts.tolist() == list(map(len, expected))
    assert np.array_equal(found.hashes, hash_strings(column([word for text in expected for word in text])))


@given(st.lists(ANY_TEXT))
@example(["", "a", "", "中中a中", "b中", "e\u0301 i\u0323", "x\u302e\u200b\U0001d165 y", "\U0001e94a\U0001e944"])
def test_words_of_random_texts(texts: list[str]) -> None:
    for profile in PROFILES:
        assert_words(in_form(texts, profile), profile)


@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("profile", PROFILES)
def test_words_of_real_lines(profile: str, path: Path) -> None:
    assert_words(in_form(lines(path, every=5), profile), profile)


def test_words_of_long_texts() -> None:
    assert_words(["x" * 1_000_000, "é" * 500_000 + " 中" * 300_000], "uncased")


def test_words_of_part_of_a_column() -> None:
    whole = column([None, "one two", "", "三 four", None, "five"])
    for part in (whole[1:5], whole[:0], whole[4:], pa.chunked_array([whole[:2], whole[2:]])):
        texts = [text or "" for text in part.to_pylist()]
        found = hash_words(part, load("uncased"))
        expected = hash_words(column(texts), load("uncased"))
        assert np.array_equal(found.hashes, expected.hashes) and np.array_equal(found.rows, expected.rows)


def test_other_columns_are_refused() -> None:
    with pytest.raises(TypeError, match="a column of type int64: the kernels read string"):
        hash_strings(pa.array([1]))


# Hashes of strings


@given(st.lists(st.one_of(st.none(), ANY_TEXT)), st.integers(0, 3))
def test_hash_of_strings(texts: list[str | None], skipped: int) -> None:
    assert hash_strings(column(texts)[skipped:]).tolist() == [hash_word(text or "") for text in texts[skipped:]]


def test_hash_of_strings_without_data() -> None:
    assert hash_strings(column(["", ""])).tolist() == [hash_word("")] * 2
    assert hash_strings(pa.nulls(2, pa.string())).tolist() == [hash_word("")] * 2
    assert hash_strings(column([])).tolist() == []


def test_hash_of_strings_does_not_collide_on_numbers() -> None:
    assert len(np.unique(hash_strings(column(list(map(str, range(300_000))))))) == 300_000


# Counts


@given(KEYS)
def test_sort_and_count(keys: list[int]) -> None:
    assert radix_sort(uint64(keys)).tolist() == sorted(keys)
    distinct, counts = count(uint64(keys))
    assert distinct.dtype == np.uint64 and counts.dtype == np.uint32
    assert dict(zip(distinct.tolist(), counts.tolist(), strict=True)) == Counter(keys)
    assert distinct.tolist() == sorted(set(keys))


@pytest.mark.parametrize("size", [counting.BUCKET - 1, counting.BUCKET, 5 * counting.BUCKET])
@pytest.mark.parametrize("bits", [64, 40, 12, 1])  # all keys of 40 bits and fewer lie in one bucket: no hashes
def test_sort_of_many_keys(size: int, bits: int) -> None:
    keys = np.random.default_rng(size).integers(0, 2**64 - 1, size, np.uint64) >> np.uint64(64 - bits)
    before = keys.copy()
    assert np.array_equal(radix_sort(keys), np.sort(keys))
    assert np.array_equal(keys, before)
    expected = np.unique(keys, return_counts=True)
    assert all(map(np.array_equal, count(keys), expected))


# Lookups


@given(KEYS, KEYS)
def test_lookup(keys: list[int], others: list[int]) -> None:
    table = {key: key % 1000 + 1 for key in sorted(set(keys))}
    queries = uint64([*keys, *others])
    found = SortedTable(uint64(list(table)), np.array(list(table.values()), np.uint32))
    assert len(found) == len(table)
    assert found.contains(queries).tolist() == [query in table for query in queries.tolist()]
    assert found.counts_of(queries).tolist() == [table.get(query, 1) for query in queries.tolist()]
    assert found.counts_of(queries, default=0).tolist() == [table.get(query, 0) for query in queries.tolist()]


@pytest.mark.parametrize(("most", "kind"), [(3, np.uint32), (2, np.int64)])
def test_places_beyond_32_bits_get_a_wide_index(monkeypatch: pytest.MonkeyPatch, most: int, kind: type) -> None:
    monkeypatch.setattr(lookup, "MOST_NARROW", most)
    table = SortedTable(uint64([3, 2**62, 2**64 - 1]), np.array([7, 8, 9], np.uint32))
    assert table._index.dtype == kind
    assert table.counts_of(uint64([2**64 - 1, 3, 4, 2**62])).tolist() == [9, 7, 1, 8]


def test_lookup_in_a_mapped_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    keys = np.unique(rng.integers(0, 2**64 - 1, 200_000, np.uint64))
    keys[::2].tofile(tmp_path / "keys")
    table = SortedTable(np.memmap(tmp_path / "keys", np.uint64, "r"))
    assert np.array_equal(table.contains(keys), np.arange(len(keys)) % 2 == 0)
    assert not table.contains(keys[::2] + np.uint64(1)).any()


@pytest.mark.parametrize("keys", [[2, 1], [1, 1], [0, 2**63, 2**63]])
def test_unsorted_keys_are_refused(keys: list[int]) -> None:
    with pytest.raises(ValueError, match="distinct and in ascending order"):
        SortedTable(uint64(keys))


def test_counts_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 keys and 1 counts"):
        SortedTable(uint64([1, 2]), np.ones(1, np.uint32))


# The first rare n-gram


def first_rare_text(text: list[str], frequent: set[int]) -> str | None:
    """By position, the unigram before the bigram that starts there."""
    for i in range(len(text)):
        for size in (1, 2):
            ngram = tuple(text[i : i + size])
            if len(ngram) == size and hash_of(*ngram) not in frequent:
                return " ".join(ngram)
    return None


def assert_first_rare(texts: list[str], profile: str, min_count: int) -> None:
    split = [words(text, profile) for text in texts]
    counts = Counter(hash_of(*ngram) for text in split for ngram in ngrams(text))
    frequent = sorted(hashed for hashed, number in counts.items() if number >= min_count)
    codes = first_rare(hash_words(column(texts), load(profile)), SortedTable(uint64(frequent)))
    found = ngram_texts(column(texts), codes, load(profile))
    found.validate(full=True)
    assert found.to_pylist() == [first_rare_text(text, set(frequent)) for text in split]
    assert (codes == -1).tolist() == found.is_null().to_pylist()


@pytest.mark.slow
@given(st.lists(ANY_TEXT), st.integers(1, 3))
@example(["x\u302e\u200b\U0001d165 y", "\x01a\x02 b", "中文a", "!a!é", "İ ŉ 각"], 2)
def test_first_rare_of_random_texts(texts: list[str], min_count: int) -> None:
    for profile in PROFILES:
        assert_first_rare(in_form(texts, profile), profile, min_count)


@given(st.lists(st.lists(st.sampled_from("aAbç中,")).map(" ".join)), st.integers(2, 4))
def test_first_rare_of_few_words(texts: list[str], min_count: int) -> None:
    assert_first_rare(texts, "uncased", min_count)


@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("min_count", [1, 2, 5])
def test_first_rare_of_real_lines(min_count: int, path: Path) -> None:
    assert_first_rare(lines(path, every=20), "uncased", min_count)


def test_codes_of_first_rare() -> None:
    table = SortedTable(np.sort(uint64([hash_word(word) for word in "abc"] + [hash_ngram(("a", "b"))])))
    found = first_rare(hash_words(column(["a b c", "a b", "d a", "a d", "", "c"]), load("uncased")), table)
    assert found.tolist() == [3, -1, 0, 1, -1, -1]
