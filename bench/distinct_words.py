"""Seeded texts of a given number of distinct words, each at least twice: the input for learning a large vocabulary.

A fifth of the words are made of syllables. The others fill the tail as in real counts: typing errors, compounds and
numbered names of the former. They are as long as real ones, 9.3 characters, and few are frequent, by Zipf's law.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SYLLABLES = [consonant + vowel for consonant in "bcdfghklmnprstvwyz" for vowel in ("a", "e", "i", "o", "u", "an", "er")]
PLAIN_SHARE = 0.2  # share of the words
TOP, LEAST = 300_000, 2  # occurrences of the most frequent word, and of those in the tail
WORDS_PER_TEXT = 10
TEXTS_PER_FILE = 250_000
SEED = 1


def write_texts(folder: Path, distinct: int) -> Path:
    """A folder of Parquet files with a column `text`, written on first use."""
    if not folder.exists():
        partial = folder.with_suffix(".part")
        partial.mkdir(parents=True, exist_ok=True)
        texts = _texts(make_words(distinct))
        for number, first in enumerate(range(0, len(texts), TEXTS_PER_FILE)):
            table = pa.table({"text": texts.slice(first, TEXTS_PER_FILE)})
            pq.write_table(table, partial / f"{number:05d}.parquet")
        partial.rename(folder)
    return folder


def make_words(distinct: int) -> list[str]:
    """Makes `distinct` words, the most frequent first; no word repeats."""
    random = np.random.default_rng(SEED)
    words = dict.fromkeys(islice(_plain(random), int(distinct * PLAIN_SHARE)))
    plain = list(words)
    while len(words) < distinct:
        words |= dict.fromkeys(islice(_derived(plain, random), distinct - len(words)))
    return list(words)


def _plain(random: np.random.Generator) -> Iterator[str]:
    """Words of one to three syllables."""
    while True:
        lengths = 1 + random.binomial(2, 0.7, 1000)
        numbers = random.integers(0, len(SYLLABLES), lengths.sum()).tolist()
        ends = np.cumsum(lengths).tolist()
        for begin, end in zip([0, *ends], ends, strict=False):
            yield "".join(SYLLABLES[number] for number in numbers[begin:end])


def _derived(plain: list[str], random: np.random.Generator) -> Iterator[str]:
    """Yields in turn a typing error, a compound and a numbered name, mostly of the first words."""
    while True:
        chosen = (random.random(4000) ** 4 * len(plain)).astype(int).tolist()
        places, numbers = random.random(1000).tolist(), random.integers(1, 1000, 1000).tolist()
        for one, two, three, four, place, number in zip(
            *(chosen[n::4] for n in range(4)), places, numbers, strict=True
        ):
            yield _typing_error(plain[one], place)
            yield plain[two] + plain[three]
            yield f"{plain[four]}{number}"


def _typing_error(word: str, place: float) -> str:
    """Swaps two neighbours, or doubles the only letter."""
    at = int(place * (len(word) - 1))
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


def _texts(words: list[str]) -> pa.StringArray:
    """All occurrences of the words in random order, WORDS_PER_TEXT in a text."""
    times = np.maximum(TOP // np.arange(1, len(words) + 1), LEAST)
    occurrences = np.repeat(np.arange(len(words), dtype=np.int32), times)
    np.random.default_rng(SEED).shuffle(occurrences)
    offsets = np.append(np.arange(0, len(occurrences), WORDS_PER_TEXT), len(occurrences)).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(offsets, pa.array(words).take(pa.array(occurrences))), " ")
