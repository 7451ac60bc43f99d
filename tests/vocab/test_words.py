"""Tokens and words against Hugging Face's tokeniser, on every code point, on real lines and on random strings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given

from tests.support.real_text import ANY_TEXT, CODE_POINTS, REAL_TEXTS, lines
from vocab import characters, make_characters
from vocab.characters import CJK, FILE, OTHER, PROFILES, PUNCTUATION, SIZE, WORD
from vocab.make_characters import reference
from vocab.words import tokens, words

REFERENCE = {profile: reference(profile) for profile in PROFILES}


def chunks(size: int = 4096) -> Iterator[str]:
    """Every code point, alone and within a word."""
    for first in range(0, len(CODE_POINTS), size):
        yield " ".join(f"a{chr(c)}b {chr(c)}" for c in CODE_POINTS[first : first + size])


@pytest.mark.parametrize("profile", PROFILES)
def test_every_code_point(profile: str) -> None:
    for text in chunks():
        assert tokens(text, profile) == REFERENCE[profile](text)


@given(ANY_TEXT)
@example("x\u302e\u200b\U0001d165")  # a dropped character between two marks that change places
@example("x\U0001d15e\ua953")  # a note that comes apart, and whose stem goes after the next mark
@example("x\U0001e944\u0316\U0001e94a")  # a mark that is stripped between them
@example("x\U0001e944\u034f\U0001e94a")  # one that is stripped and keeps them apart
def test_random_text_uncased(text: str) -> None:
    assert tokens(text, "uncased") == REFERENCE["uncased"](text)


@given(ANY_TEXT)
def test_random_text_multilingual(text: str) -> None:
    """In NFC, as canonical text is: Hugging Face's own tables for it are older, and put new marks in another order."""
    text = unicodedata.normalize("NFC", text)
    assert tokens(text, "multilingual") == REFERENCE["multilingual"](text)


@pytest.mark.parametrize("path", REAL_TEXTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("profile", PROFILES)
def test_real_lines(profile: str, path: Path) -> None:
    for text in lines(path, every=2):
        assert tokens(text, profile) == REFERENCE[profile](text)


@given(ANY_TEXT)
def test_words_are_the_tokens_with_a_letter_or_digit(text: str) -> None:
    for profile in PROFILES:
        assert words(text, profile) == [token for token in tokens(text, profile) if any(map(is_alnum, token))]


def is_alnum(character: str) -> bool:
    """`str.isalnum`, of characters that the table knows: a later Unicode has more letters."""
    return character.isalnum() and characters.load("multilingual").kind[ord(character)] in (WORD, CJK)


@pytest.mark.parametrize("profile", PROFILES)
def test_letters_and_digits_are_those_of_this_python(profile: str) -> None:
    """All of them, where it has the table's Unicode; and none is lost in a later one."""
    table = characters.load(profile)
    in_tokens = set(table.blob.tobytes().decode())
    frozen = {c for c in in_tokens if table.kind[ord(c)] in (WORD, CJK)}
    python = {c for c in in_tokens if c.isalnum()}
    assert frozen <= python
    assert frozen == python or made_with()[1] != unicodedata.unidata_version


def test_examples() -> None:
    assert tokens("  Café-au-lait, 3€!\n") == ["cafe", "-", "au", "-", "lait", ",", "3€", "!"]
    assert words("  Café-au-lait, 3€!\n") == ["cafe", "au", "lait", "3€"]
    assert words("Café 日本 € …", "multilingual") == ["café", "日", "本"]
    assert tokens("") == words(" \t ") == []


def test_lone_surrogates_are_dropped() -> None:
    assert tokens("a\ud800b \udfff") == ["ab"]


def test_unknown_profile() -> None:
    with pytest.raises(ValueError, match=r"text\.profile: no such profile 'cased'; the choices are uncased, multili"):
        tokens("a", "cased")


@pytest.fixture(scope="module")
def made_table() -> str:
    return make_characters.table()


def test_table_is_what_its_script_writes(made_table: str) -> None:
    """To the byte, with the same versions of Hugging Face's tokenizers and of Unicode."""
    committed = FILE.read_text(encoding="ascii")
    same = made_table == committed or made_table.split("\n")[0] != committed.split("\n")[0]
    assert same, "vocab/characters.txt is not what its script writes: run `python -m vocab.make_characters`"


def test_table_is_the_same_in_another_unicode(made_table: str) -> None:
    """But for what is a letter or digit, which the words test holds: that alone comes from this Python."""
    committed = FILE.read_text(encoding="ascii")
    for profile in PROFILES:
        assert without_alnum(made_table, profile) == without_alnum(committed, profile)


def without_alnum(table: str, profile: str) -> tuple[bytes, bytes, bytes]:
    kind, start, blob = characters.entries(characters.sections(table)[profile])
    same = {WORD: OTHER, CJK: PUNCTUATION}
    kind = np.array([same.get(value, value) for value in range(7)], np.uint8)[kind]
    return kind.tobytes(), start.tobytes(), blob.tobytes()


def test_table_is_small_and_read_only() -> None:
    assert FILE.stat().st_size < 200_000
    table = characters.load("uncased")
    assert len(table.kind) == len(table.order) == len(characters.nfc_orders()) == SIZE
    with pytest.raises(ValueError, match="read-only"):
        table.kind[0] = 1


def made_with() -> tuple[str, str]:
    """The versions of tokenizers and of Unicode that the table was made with."""
    *_, hf, _, unicode = FILE.read_text(encoding="ascii").split("\n")[0].rstrip(".").replace(",", "").split()
    return hf, unicode
