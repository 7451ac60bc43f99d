"""The pieces of a vocabulary, learned from the counted words."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.commands.vocab.words import read_ranges
from pipeline.config import Vocabulary
from pipeline.engines.server import end_worker_server
from pipeline.files import Output
from vocab.alphabet import CODE_POINTS, character_counts, choose_alphabet
from vocab.learn import Learner, TooFewWords

MANY_WORDS = 1_000_000  # learning from more takes over a gigabyte; the process that workers are forked from has 0.3


@dataclass
class WordCounts:
    """Sums over all words, and the frequent words that pieces can be learned from."""

    learner: Learner
    occurrences: int = 0
    distinct: int = 0

    def __post_init__(self) -> None:
        self.characters = np.zeros(CODE_POINTS, np.int64)  # occurrences of each code point
        self.candidates: list[pa.Table] = []

    def add(self, counts: pa.Table) -> None:
        """Adds the words of one hash range, in all languages."""
        summed = counts.group_by("word", use_threads=False).aggregate([("count", "sum")])
        words = summed.rename_columns(["word", "count"])
        numbers = words["count"].to_numpy()
        self.characters += character_counts(words["word"].combine_chunks(), numbers)
        self.occurrences += int(numbers.sum())
        self.distinct += len(words)
        self.candidates.append(self.learner.frequent(words))


def learn(output: Output, settings: Vocabulary, threads: int) -> tuple[list[str], dict[str, int]]:
    """The pieces, and the numbers of words and characters behind them. Raises TooFewWords."""
    learner = Learner(settings.size, settings.min_count, settings.max_words, threads)
    counts = WordCounts(learner)
    for table in read_ranges(output):
        counts.add(table)
    if not counts.distinct:
        raise TooFewWords("no word to learn from: the texts are empty, or no text is kept")
    print(f"learning {settings.size:,} pieces from {counts.distinct:,} words", file=sys.stderr, flush=True)
    if counts.distinct > MANY_WORDS:
        end_worker_server()
    alphabet = choose_alphabet(counts.characters, settings.max_characters or CODE_POINTS)
    words = learner.select(pa.concat_tables(counts.candidates), alphabet)
    counts.candidates.clear()  # learning needs the memory
    numbers = {
        "words": counts.occurrences,
        "distinct": counts.distinct,
        "learned_from": len(words),
        "characters": int(np.count_nonzero(counts.characters)),
        "alphabet": len(alphabet),
    }
    return learner.learn(words, alphabet), numbers
