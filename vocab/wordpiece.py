"""The tokeniser: texts to the ids of a WordPiece vocabulary, as BERT does it (greedy, longest match first)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from nltk.tokenize.api import TokenizerI
from numpy.typing import NDArray

from vocab.characters import load
from vocab.words import tokens

if TYPE_CHECKING:
    from vocab.trie import Trie

PAD, UNK, CLS, SEP, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
INSIDE = "##"  # prefix of a piece inside a word
LONGEST_WORD = 100  # characters; a longer word is [UNK], as in BERT
FILE, FACTS = "vocab.txt", "vocab.json"


class WordPieceTokenizer(TokenizerI):  # type: ignore[misc]
    """Splits texts by a vocabulary: an id is a piece's index in it. Special pieces in a text are plain text."""

    def __init__(self, pieces: Sequence[str], profile: str = "uncased") -> None:
        """Raises ValueError for a vocabulary with a piece twice, an empty one, or without the special ones."""
        check(pieces)
        load(profile)
        self.pieces, self.profile = list(pieces), profile
        self._ids = {piece: number for number, piece in enumerate(pieces)}

    @classmethod
    def load(cls, path: str | Path, profile: str | None = None) -> WordPieceTokenizer:
        """Loads the vocabulary in a file, or of `python -m vocab` in its folder; any `vocab.txt` of BERT will do.

        The profile is read from `vocab.json` beside it, else `uncased`. Raises OSError, ValueError.
        """
        file = Path(path) / FILE if Path(path).is_dir() else Path(path)
        try:
            pieces = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
            return cls([piece.removesuffix("\r") for piece in pieces], profile or _profile(file.with_name(FACTS)))
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error

    @property
    def unknown(self) -> int:
        """The id of [UNK]."""
        return self._ids[UNK]

    def __len__(self) -> int:
        return len(self.pieces)

    def tokenize(self, s: str) -> list[str]:
        """The pieces of a text."""
        from vocab.trie import spell

        ids, _ = self.split(spell(tokens(s, self.profile)))
        return [self.pieces[number] for number in ids.tolist()]

    def encode(self, texts: Iterable[str | bytes], length: int = 64) -> NDArray[np.int32]:
        """[CLS], at most `length` - 2 pieces, [SEP] and then [PAD] for every text; int32 (texts, length).

        Bytes are UTF-8, so that `tf.numpy_function` can call this. Raises ValueError for a length under 2.
        """
        from vocab.encode import write_ids

        if length < 2:
            raise ValueError(f"length: {length} has no room for {CLS} and {SEP}")
        strings = [text.decode(errors="replace") if isinstance(text, bytes) else text for text in texts]
        ids = np.full((len(strings), length), self._ids[PAD], np.int32)
        ids[:, 0] = self._ids[CLS]
        counts = write_ids(strings, load(self.profile), self._trie, ids)
        ids[np.arange(len(ids)), counts + 1] = self._ids[SEP]
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The words of one row of ids, in lower case and with single spaces, without [PAD], [CLS] and [SEP]."""
        hidden = {self._ids[PAD], self._ids[CLS], self._ids[SEP]}
        pieces = (self.pieces[number] for number in ids if number not in hidden)
        return " ".join(pieces).replace(f" {INSIDE}", "")

    def split(self, words: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids of the longest pieces that make up each word (one token), from the left; [UNK] if there are none.

        Word w has `ids[rows[w]:rows[w + 1]]`: ids int32 (pieces,), rows int64 (words + 1,).
        """
        from vocab.trie import split_words

        return split_words(words, self._trie)

    @cached_property
    def _trie(self) -> Trie:
        """Made at the first text: it loads numba."""
        from vocab.trie import make_trie

        return make_trie(self.pieces, INSIDE, self.unknown, LONGEST_WORD)


def check(pieces: Sequence[str]) -> None:
    """Raises ValueError for a vocabulary with a piece twice, an empty one, or without one of the special pieces."""
    if missing := [piece for piece in SPECIAL if piece not in pieces]:
        raise ValueError(f"no vocabulary of BERT: it has no {', '.join(missing)}")
    for piece, lines in _lines(pieces):
        if not piece:
            raise ValueError(f"line {lines[0]} is empty")
        if len(lines) > 1:
            raise ValueError(f"{piece!r} is in line {lines[0]} and again in line {lines[1]}")


def _lines(pieces: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """The line numbers of each piece, from 1."""
    order = sorted(range(len(pieces)), key=pieces.__getitem__)
    for piece, numbers in groupby(order, key=pieces.__getitem__):
        yield piece, [number + 1 for number in numbers]


def _profile(facts: Path) -> str:
    if not facts.exists():
        return "uncased"
    content: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
    return str(content["profile"])
