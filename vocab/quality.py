"""The fit of a vocabulary to the words that it was learned from, or any others: in all, and for each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from vocab.wordpiece import WordPieceTokenizer


@dataclass
class Fit:
    """Outcomes for the words of one language. All are numbers of occurrences."""

    words: int = 0
    pieces: int = 0
    unknown: int = 0  # words that became [UNK]
    whole: int = 0  # words that are a single piece

    @property
    def fertility(self) -> float:
        """Pieces per word."""
        return self.pieces / max(self.words, 1)

    @property
    def figures(self) -> list[int]:
        """Words, pieces, unknown and whole, as `add` takes them."""
        return [self.words, self.pieces, self.unknown, self.whole]

    def add(self, words: int, pieces: int, unknown: int, whole: int) -> None:
        """Adds counts of other words."""
        self.words += words
        self.pieces += pieces
        self.unknown += unknown
        self.whole += whole


@dataclass
class Quality:
    """The fit of a vocabulary, added up over tables of word counts."""

    tokenizer: WordPieceTokenizer
    total: Fit = field(default_factory=Fit)
    languages: dict[str, Fit] = field(default_factory=dict)  # for words of known language
    used: np.ndarray = field(init=False)  # int64 (pieces,): occurrences of each piece
    whole: np.ndarray = field(init=False)  # int64 (pieces,): occurrences as a whole word

    def __post_init__(self) -> None:
        self.used, self.whole = np.zeros((2, len(self.tokenizer)), np.int64)

    def add(self, counts: pa.Table) -> None:
        """Adds the words of a table with columns `word`, `count` and `language`, which may be null."""
        if not len(counts):
            return
        words = counts["word"].combine_chunks().dictionary_encode()
        row, times = words.indices.to_numpy(), counts["count"].to_numpy()
        ids, rows = self.tokenizer.split(words.dictionary)
        self._add_uses(ids, rows, np.bincount(row, times, len(words.dictionary)).astype(np.int64))
        pieces = np.diff(rows)[row]
        unknown = (ids[rows[:-1]] == self.tokenizer.unknown)[row] & (pieces == 1)
        whole = (pieces == 1) & ~unknown
        figures = np.stack([times, times * pieces, times * unknown, times * whole])
        self.total.add(*figures.sum(axis=1).tolist())
        named = counts["language"].combine_chunks().dictionary_encode()
        languages = named.indices.fill_null(-1).to_numpy()
        for number, language in enumerate(named.dictionary.to_pylist()):
            self.languages.setdefault(language, Fit()).add(*figures[:, languages == number].sum(axis=1).tolist())

    def merge(
        self, total: Iterable[int], languages: Mapping[str, Iterable[int]], used: np.ndarray, whole: np.ndarray
    ) -> None:
        """Adds the fit of other words, measured elsewhere: figures in all and by language, and uses of each piece."""
        self.total.add(*map(int, total))
        for language, figures in languages.items():
            self.languages.setdefault(language, Fit()).add(*figures)
        self.used += used
        self.whole += whole

    def covered(self, size: int) -> int:
        """Counts words that are whole pieces among the first `size` pieces of the vocabulary."""
        return int(self.whole[:size].sum())

    def coverage(self, size: int) -> float:
        """Share of all words that are whole pieces among the first `size` pieces of the vocabulary."""
        return self.covered(size) / max(self.total.words, 1)

    def _add_uses(self, ids: np.ndarray, rows: np.ndarray, times: np.ndarray) -> None:
        counts = np.diff(rows)
        single = counts == 1
        self.used += _sums(ids, np.repeat(times, counts), len(self.used))
        self.whole += _sums(ids[rows[:-1][single]], times[single], len(self.whole))
        self.whole[self.tokenizer.unknown] = 0


def _sums(ids: np.ndarray, times: np.ndarray, size: int) -> np.ndarray:
    """The sum of `times` for each id, int64 (size,)."""
    return np.bincount(ids, times, size).astype(np.int64)
