"""Texts to learn a vocabulary from, and held-out texts of the same languages to judge it by."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.measure import CommandFailed
from vocab.canonical import canonical_texts
from vocab.words import tokens

HELD_OUT = 20  # one row of this many is held out
FILES = 4
SEED = 1


@dataclass(frozen=True)
class Split:
    """Distinct texts: tables with the columns `text` and `lang`."""

    learned: pa.Table
    held_out: pa.Table

    def of(self, language: str) -> Split:
        """The texts in one language."""
        chosen = pc.field("lang") == language
        return Split(self.learned.filter(chosen), self.held_out.filter(chosen))

    def all_texts(self) -> list[str]:
        """The texts of both tables."""
        texts: list[str] = pa.concat_tables([self.learned, self.held_out])["text"].to_pylist()
        return texts


def read_split(patterns: Sequence[str | Path], without: str = "en") -> Split:
    """The texts of Parquet files; a file without a column `lang` counts as language `without`.

    Raises CommandFailed if a pattern finds no file.
    """
    texts = pa.concat_tables(_read(path, without) for pattern in patterns for path in _files(str(pattern)))
    distinct = texts.group_by(["text", "lang"], use_threads=False).aggregate([])
    held_out = np.arange(len(distinct)) % HELD_OUT == 0
    return Split(distinct.filter(pa.array(~held_out)), distinct.filter(pa.array(held_out)))


def _files(pattern: str) -> list[str]:
    if not (files := sorted(glob(pattern))):
        raise CommandFailed(f"texts: no file matches {pattern}")
    return files


def _read(path: str, language: str) -> pa.Table:
    table = pq.read_table(path)
    languages = table["lang"] if "lang" in table.column_names else pa.array([language] * len(table))
    return pa.table({"text": canonical_texts(table["text"]), "lang": languages})


def write_inputs(folder: Path, texts: pa.Table, shuffled: bool = False) -> Path:
    """Writes the texts as an input of `python -m vocab`: one file in order, or several in random order."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = np.random.default_rng(SEED).permutation(len(texts)) if shuffled else np.arange(len(texts))
    for number, part in enumerate(np.array_split(rows, FILES if shuffled else 1)):
        pq.write_table(texts.take(pa.array(part)), folder / f"{number}.parquet")
    return folder


def count_words(texts: pa.Table, profile: str) -> pa.Table:
    """Counts each word in each language: `word`, `count`, `language`."""
    counts = Counter[tuple[str, str]]()
    for text, language in zip(texts["text"].to_pylist(), texts["lang"].to_pylist(), strict=True):
        counts.update((word, language) for word in tokens(text, profile))
    words, languages = zip(*counts, strict=True) if counts else ((), ())
    return pa.table({"word": words, "count": list(counts.values()), "language": languages})
