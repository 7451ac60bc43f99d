"""Tokens and words of a text, one text at a time: the readable form of `hashing.py`, which takes whole columns.

Both read the table of `characters.py`, so tokens equal those of Hugging Face's `BertNormalizer` and `BertPreTokenizer`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import groupby

import numpy as np

from vocab.characters import CJK, MARK, PUNCTUATION, SPACE, WORD, Characters, load

# The table's result for printable ASCII, in either profile; a third of the time of looking up every character.
_PLAIN_TOKENS = re.compile("[a-z0-9]+|[^a-z0-9 ]").findall


def tokens(text: str, profile: str = "uncased") -> list[str]:
    """The basic tokens of BERT: cleaned, in lower case, punctuation and CJK characters apart. Takes any text."""
    characters = load(profile)
    if text.isascii() and text.isprintable():
        return _PLAIN_TOKENS(text.lower())
    text = in_order(text, characters) if profile == "uncased" else unicodedata.normalize("NFC", text)
    return text.translate(_replacements(profile)).split()


def split_lines(texts: list[str], profile: str = "uncased") -> list[str]:
    """The tokens of many texts in one list. Texts must be canonical, with marks in order (`marks_in_order`)."""
    return "\n".join(texts).translate(_replacements(profile)).split()


def words(text: str, profile: str = "uncased") -> list[str]:
    """The tokens with a letter or a digit (`str.isalnum`)."""
    letters = _letters_and_digits(profile)
    return [token for token in tokens(text, profile) if not letters.isdisjoint(token)]


def in_order(text: str, characters: Characters) -> str:
    """`text` with its marks in the order of NFD, where another order would show in the tokens.

    Most marks are stripped, so this needs two of the few that are not. Canonical text has them in order, unless a
    character that is dropped stood between them.
    """
    if text.isascii() or len(_marks(characters.profile).findall(text)) < 2:
        return text
    apart = "".join(characters.text(c) if characters.kind[ord(c)] == MARK else c for c in text)
    order = {c: int(characters.order[ord(c)]) for c in set(apart)}
    runs = (list(run) for _, run in groupby(apart, lambda c: order[c] > 0))
    return "".join(c for run in runs for c in sorted(run, key=lambda c: order[c]))


class _Replacements(dict[int, str]):
    """Replacements of code points for `str.translate`, filled on demand."""

    def __init__(self, characters: Characters) -> None:
        self.characters = characters

    def __missing__(self, code: int) -> str:
        self[code] = replacement = self._replacement(code)
        return replacement

    def _replacement(self, code: int) -> str:
        kind, text = self.characters.kind[code], self.characters.text(chr(code))
        return f" {text} " if kind in (SPACE, PUNCTUATION, CJK) else text


@cache
def _replacements(profile: str) -> _Replacements:
    return _Replacements(load(profile))


@cache
def _letters_and_digits(profile: str) -> frozenset[str]:
    return frozenset(map(chr, np.flatnonzero(np.isin(load(profile).kind, (CJK, WORD)))))


@cache
def _marks(profile: str) -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, np.flatnonzero(load(profile).kind == MARK)))}]")
