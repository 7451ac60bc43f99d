"""A seeded crawl of captions as URL-only Parquet files (key, url, text): the input for measuring the text passes.

Words follow Zipf's law, some texts are boilerplate that many images share, some images have several texts. A file
depends on the seed and its number alone, so that memory is flat and a larger crawl begins with the smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, islice, product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_PER_FILE = 500_000
ROWS_PER_GROUP = 100_000
BATCH_ROWS = 50_000

VOCABULARY = 200_000  # words; gives 10.5 million distinct n-grams among 3 million rows
WORDS_MU, WORDS_SIGMA = 1.906, 0.636  # log-normal: 8.2 words a row, 6 % under 3, 4 % over 20
BOILERPLATE_TEXTS, BOILERPLATE_SHARE = 100_000, 0.2  # some 15 % of rows have a text of over 10 images
POPULAR_IMAGES, POPULAR_SHARE = 1_000_000, 0.1  # the most popular have over 1000 texts
POPULAR_NUMBER = 10**12  # the most popular image's number; an image that is not popular has the number of its first row
GALLERY_SHARE = 0.15  # rows with the image of the row before
HOSTS, FOLDERS = 5_000, 1_000

SYLLABLES = (  # consonants and vowels of each language; the first is ASCII
    ("bcdfghjklmnpqrstvwxz", "aeiou"),
    ("bcdfglmnprstvzçñšžřł", "áéíóúäöüãê"),
    ("бвгджзклмнпрстфхцчшщ", "аеиоуыэюя"),
    ("कखगघचजटडतदनपबमयरलवसह", "ािीुूेैोौं"),
    ("山川日月火水木金土人大小中上下白黒赤青花", "東西南北春夏秋冬朝夜"),
)
ENTITY = "&amp;"  # replaces a word of every language but the first, so that canonical text differs in some rows
ENTITY_RANK = 20


@dataclass(frozen=True)
class Crawl:
    """A crawl of `rows` rows; the share `foreign` of them (0 to 1) is not written in ASCII."""

    rows: int
    foreign: float = 0.0
    seed: int = 1

    @property
    def name(self) -> str:
        """A name that depends on the content."""
        return f"captions-{self.rows}-{self.foreign:g}-{self.seed}"

    def write(self, folder: Path) -> list[Path]:
        """Writes the crawl's files into `folder`, except existing ones; returns all."""
        folder.mkdir(parents=True, exist_ok=True)
        words = _words()
        boilerplate = self._texts(words, BOILERPLATE_TEXTS, np.random.default_rng([self.seed]))
        return [
            self._write_file(folder, number, rows, words, boilerplate)
            for number, rows in enumerate(_file_rows(self.rows))
        ]

    def _write_file(
        self, folder: Path, number: int, rows: int, words: pa.StringArray, boilerplate: pa.StringArray
    ) -> Path:
        path = folder / f"{number:05d}.parquet"
        if path.exists():
            return path
        random = np.random.default_rng([self.seed, number])
        partial = path.with_suffix(".part")
        with pq.ParquetWriter(partial, pa.schema([(name, pa.string()) for name in ("key", "url", "text")])) as writer:
            for group in _steps(rows, ROWS_PER_GROUP):
                tables = [
                    self._batch(number * ROWS_PER_FILE + batch.start, len(batch), words, boilerplate, random)
                    for batch in (group[begin : begin + BATCH_ROWS] for begin in range(0, len(group), BATCH_ROWS))
                ]
                writer.write_table(pa.concat_tables(tables), row_group_size=ROWS_PER_GROUP)
        partial.rename(path)
        return path

    def _batch(
        self, first: int, rows: int, words: pa.StringArray, boilerplate: pa.StringArray, random: np.random.Generator
    ) -> pa.Table:
        texts = self._texts(words, rows, random)
        shared = pa.array(random.random(rows) < BOILERPLATE_SHARE)
        numbers = np.arange(first, first + rows)
        return pa.table(
            {
                "key": pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), 9, "0"),
                "url": _urls(_images(numbers, random)),
                "text": pc.if_else(shared, boilerplate.take(zipf(random, rows, len(boilerplate))), texts),
            }
        )

    def _texts(self, words: pa.StringArray, rows: int, random: np.random.Generator) -> pa.StringArray:
        lengths = np.maximum(np.rint(random.lognormal(WORDS_MU, WORDS_SIGMA, rows)), 1).astype(np.int32)
        foreign = random.random(rows) < self.foreign
        language = np.where(foreign, random.integers(1, len(SYLLABLES), rows), 0)
        chosen = zipf(random, lengths.sum(), VOCABULARY) + np.repeat(language * VOCABULARY, lengths)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), words.take(pa.array(chosen))), " ")


def zipf(random: np.random.Generator, count: int, values: int) -> np.ndarray:
    """`count` ranks from 0 below `values`, int64: rank r has a frequency proportional to log((r + 2) / (r + 1)), about
    1 / r.
    """
    return np.exp(random.random(count) * np.log(values + 1)).astype(np.int64).clip(1, values) - 1


def _file_rows(rows: int) -> list[int]:
    return [len(file) for file in _steps(rows, ROWS_PER_FILE)]


def _steps(rows: int, step: int) -> Iterator[range]:
    return (range(first, min(first + step, rows)) for first in range(0, rows, step))


@cache
def _words() -> pa.StringArray:
    """The vocabulary of every language, one after the other, each from its most frequent word."""
    languages = [_language(consonants, vowels) for consonants, vowels in SYLLABLES]
    for foreign in languages[1:]:
        foreign[ENTITY_RANK] = ENTITY
    return pa.array(list(chain.from_iterable(languages)))


def _language(consonants: str, vowels: str) -> list[str]:
    """All words of one syllable, then of two and so on, so that frequent words are short."""
    syllables = [consonant + vowel for consonant in consonants for vowel in vowels]
    lengths = (product(syllables, repeat=length) for length in count(1))
    return ["".join(word) for word in islice(chain.from_iterable(lengths), VOCABULARY)]


def _images(rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each row's image number, int64; most rows have a distinct one."""
    in_gallery = random.random(len(rows)) < GALLERY_SHARE
    popular = random.random(len(rows)) < POPULAR_SHARE
    return np.where(popular, POPULAR_NUMBER + zipf(random, len(rows), POPULAR_IMAGES), rows - in_gallery)


def _urls(images: np.ndarray) -> pa.StringArray:
    hosts = pa.array([f"https://images{host}.example.com/photos/" for host in range(HOSTS)])
    folders = pa.array([f"{folder:03d}/" for folder in range(FOLDERS)])
    spread = images.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)
    name = pc.cast(pa.array(images), pa.string())
    return pc.binary_join_element_wise(hosts.take(spread % HOSTS), folders.take(spread % FOLDERS), name, ".jpg", "")
