"""The compiled split and the compiled encoding, against a greedy split in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.real_text import ANY_TEXT, CODE_POINTS, REAL_TEXTS, lines
from vocab.characters import PROFILES
from vocab.trie import spell
from vocab.wordpiece import INSIDE, LONGEST_WORD, SEP, SPECIAL, UNK, WordPieceTokenizer
from vocab.words import tokens

SPACE = ord(" ")
LETTERS = st.text("ab#éß中한\ud800\U0001f600", min_size=1, max_size=6)


def greedy(word: str, ids: dict[str, int], longest: int) -> list[int]:
    """The longest piece first, as the paper of WordPiece says."""
    found, begin = list[int](), 0
    while begin < len(word):
        prefix = INSIDE if begin else ""
        ends = range(min(len(word), begin + longest), begin, -1)
        end = next((end for end in ends if prefix + word[begin:end] in ids), None)
        if end is None or len(word) > LONGEST_WORD:
            return [ids[UNK]]
        found.append(ids[prefix + word[begin:end]])
        begin = end
    return found


def plain(texts: Sequence[Sequence[str]], tokenizer: WordPieceTokenizer) -> list[list[int]]:
    ids, longest = {piece: number for number, piece in enumerate(tokenizer.pieces)}, max(map(len, tokenizer.pieces))
    return [[number for word in text for number in greedy(word, ids, longest)] for text in texts]


def split(words: Sequence[str], tokenizer: WordPieceTokenizer) -> list[list[int]]:
    ids, rows = tokenizer.split(spell(words))
    return [part.tolist() for part in np.split(ids, rows[1:-1])] if words else []


def encoded(texts: Sequence[str], tokenizer: WordPieceTokenizer, length: int) -> list[list[int]]:
    """The ids between [CLS] and [SEP]."""
    rows = tokenizer.encode(texts, length)
    ends = (rows == tokenizer.pieces.index("[SEP]")).argmax(axis=1)
    return [row[1:end].tolist() for row, end in zip(rows, ends, strict=True)]


@given(st.sets(LETTERS), st.lists(st.text("ab#éß中한\ud800\U0001f600", min_size=1)))
@example({"##", "a", "##a", "#"}, ["a", "aa", "#", "##", "##a", "###"])
@example({"a", "##é"}, ["aé", "aéa", "é"])
def test_words_of_few_letters(pieces: set[str], words: list[str]) -> None:
    tokenizer = WordPieceTokenizer([*SPECIAL, *sorted(pieces)])
    assert split(words, tokenizer) == plain([[word] for word in words], tokenizer)


@pytest.mark.parametrize("letter", ["a", "é", "中", "\U0001f600"])
def test_words_of_100_characters_and_of_one_more(letter: str) -> None:
    tokenizer = WordPieceTokenizer([*SPECIAL, letter, INSIDE + letter], "multilingual")
    words = [letter * LONGEST_WORD, letter * (LONGEST_WORD + 1), letter * 99 + "?"]
    assert split(words, tokenizer) == [[5, *[6] * 99], [1], [1]] == plain([[word] for word in words], tokenizer)
    if letter != "中":  # a token of its own
        assert encoded(words[:2], tokenizer, 200) == [[5, *[6] * 99], [1]]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
def test_real_texts(path: Path, profile: str) -> None:
    texts = lines(path, every=40)
    split_texts = [tokens(text, profile) for text in texts]
    words = list(dict.fromkeys(word for text in split_texts for word in text))
    some = [piece for word in words[::3] for piece in (word, word[:2], INSIDE + word[-2:], INSIDE + word[2:])]
    letters = sorted({letter for word in words[::2] for letter in word})
    some += [*letters, *(INSIDE + letter for letter in letters)]
    tokenizer = WordPieceTokenizer(list(dict.fromkeys([*SPECIAL, *some])), profile)
    expected = plain([[word] for word in words], tokenizer)
    assert split(words, tokenizer) == expected
    assert [1] in expected and max(map(len, expected)) > 3
    assert encoded(texts, tokenizer, 64) == [row[:62] for row in plain(split_texts, tokenizer)]


@given(st.lists(ANY_TEXT), st.integers(3, 12))
@example(["x\u302e\u200b\U0001d165 y", "a\ud800b", "", "e\u0301 i\u0323"], 9)
def test_a_text_is_encoded_as_its_tokens(texts: list[str], length: int) -> None:
    for profile in PROFILES:
        words = [tokens(text, profile) for text in texts]
        letters = sorted({letter for text in words for word in text for letter in word})
        pieces = [*SPECIAL, *letters, *(INSIDE + letter for letter in letters[::2])]
        tokenizer = WordPieceTokenizer(list(dict.fromkeys(pieces)), profile)
        expected = [row[: length - 2] for row in plain(words, tokenizer)]
        assert encoded(texts, tokenizer, length) == expected


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_every_code_point_of_the_planes_with_text(profile: str) -> None:
    some = [code for code in CODE_POINTS if code < 0x32000 or 0xE0000 <= code < 0xE1000]
    texts = [" ".join(f"a{chr(c)}b {chr(c)}" for c in some[i : i + 500]) for i in range(0, len(some), 500)]
    spelled = [" ".join(tokens(text, profile)).encode("utf-32-le") for text in texts]
    codes = [np.frombuffer(text, np.uint32) for text in spelled]
    letters = np.setdiff1d(np.concatenate(codes), [SPACE])
    both = [*map(chr, letters), *(INSIDE + chr(letter) for letter in letters)]
    rows = WordPieceTokenizer([*SPECIAL, *both], profile).encode(texts, 8000)
    for row, text in zip(rows, codes, strict=True):
        is_inside = np.concatenate([[False], text[:-1] != SPACE])
        ids = (len(SPECIAL) + np.searchsorted(letters, text) + is_inside * len(letters))[text != SPACE]
        assert np.array_equal(row[1 : len(ids) + 2], [*ids, SPECIAL.index(SEP)])
