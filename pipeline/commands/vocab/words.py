"""Counts the words of all texts in Beam: each task counts its own, and the counts are added up by ranges of hashes.

Words here are all tokens, punctuation too, since a tokeniser meets them all. Between stages travel Arrow tables of
distinct words, never texts, so that the work grows with the words.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput

from pipeline.commands.vocab.texts import Batch, KeptTexts, Texts
from pipeline.engines.progress import Meter
from pipeline.files import Output, open_file, read_bytes
from pipeline.inputs import BadFile
from pipeline.storage.plan import note_bad
from vocab.canonical import canonical_texts
from vocab.characters import load
from vocab.hashing import hash_strings, marks_in_order
from vocab.languages import identified
from vocab.words import split_lines

FOLDER = "work/words"
NUMBER: Final = "texts"
RANGES = 64
MOST_TABLES = 16
SCHEMA = pa.schema([("language", pa.string()), ("word", pa.string()), ("count", pa.int64())])


@dataclass(frozen=True)
class WordCounting:
    """Parameters of the count pass: output folder, and how texts are split."""

    output: Output
    profile: str
    identify: bool  # the language of texts without one
    meter: Meter


@dataclass(eq=False)
class CountWords(beam.PTransform[beam.PCollection[Texts], beam.PCollection[str]]):
    """Texts to a file of counts for each hash range, and one with the number of texts; the output holds their names."""

    counting: WordCounting

    def expand(self, texts: beam.PCollection[Texts]) -> beam.PCollection[str]:
        output, total = self.counting.output, beam.CombineGlobally(sum)
        spread = texts | "SpreadTexts" >> beam.Reshuffle()
        counts = spread | "Count" >> beam.FlatMap(count_texts, self.counting).with_outputs(NUMBER, main="words")
        words = counts.words | "Add" >> beam.CombinePerKey(AddCounts()) | "Write" >> beam.Map(write_range, output)
        number = counts[NUMBER] | "AddTexts" >> total | "WriteTexts" >> beam.Map(write_number, output)
        names: beam.PCollection[str] = (words, number) | "Names" >> beam.Flatten()
        return names


def count_texts(
    texts: Texts, counting: WordCounting
) -> Iterator[tuple[int, pa.Table] | TaggedOutput[Literal["texts"], int]]:
    """The counts of the words of some texts, by hash range, and the number of the texts. A bad file is noted."""
    counters: dict[str | None, Counter[str]] = defaultdict(Counter)
    number = 0
    try:
        for batch in texts.batches():
            _count(batch, counting, counters)
            counting.meter.add(len(batch.texts))
            number += len(batch.texts)
    except BadFile as error:
        assert not isinstance(texts, KeptTexts)  # those files are our own
        note_bad(counting.output, texts.source, error)
    counting.meter.add(0, texts.work)
    yield from by_range(pa.concat_tables([_table(*item) for item in counters.items()] or [SCHEMA.empty_table()]))
    yield TaggedOutput(NUMBER, number)


def _count(batch: Batch, counting: WordCounting, counters: dict[str | None, Counter[str]]) -> None:
    texts = canonical_texts(batch.texts)
    languages = identified(texts, batch.languages) if counting.identify else batch.languages
    ordered = marks_in_order(texts, load(counting.profile))
    for language in languages.unique().to_pylist():
        chosen = languages.is_null() if language is None else pc.equal(languages, language)
        counters[language].update(split_lines(ordered.filter(chosen).to_pylist(), counting.profile))


def _table(language: str | None, counts: Counter[str]) -> pa.Table:
    return pa.table([pa.array([language] * len(counts), pa.string()), list(counts), list(counts.values())], SCHEMA)


def by_range(counts: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each hash range that has any."""
    ranges = (hash_strings(counts["word"].combine_chunks()) // np.uint64((1 << 64) // RANGES)).astype(np.int64)
    for number in np.unique(ranges).tolist():
        yield number, counts.filter(pa.array(ranges == number))


class AddCounts(beam.CombineFn):
    """Adds up tables of counts; an accumulator is a few of them, which are added up when they become many."""

    def create_accumulator(self) -> list[pa.Table]:
        return []

    def add_input(self, accumulator: list[pa.Table], table: pa.Table) -> list[pa.Table]:
        return _few([*accumulator, table])

    def merge_accumulators(self, accumulators: Iterable[list[pa.Table]]) -> list[pa.Table]:
        return _few(list(chain.from_iterable(accumulators)))

    def extract_output(self, accumulator: list[pa.Table]) -> pa.Table:
        return add_up(accumulator)


def _few(tables: list[pa.Table]) -> list[pa.Table]:
    return [add_up(tables)] if len(tables) > MOST_TABLES else tables


def add_up(tables: Iterable[pa.Table]) -> pa.Table:
    """One row for each language and word, with the sum of its counts."""
    whole = pa.concat_tables(tables)
    return (
        whole.group_by(["language", "word"], use_threads=False)
        .aggregate([("count", "sum")])
        .rename_columns(SCHEMA.names)
    )


def write_range(counted: tuple[int, pa.Table], output: Output) -> str:
    """Writes the counts of a range, in an order of their own; returns the file's name."""
    number, counts = counted
    name = f"{FOLDER}/{number:02d}.arrow"
    ordered = counts.sort_by([("word", "ascending"), ("language", "ascending")])
    with output.write(name) as file, pa.ipc.new_file(file, SCHEMA) as writer:
        writer.write_table(ordered.cast(SCHEMA))
    return name


def write_number(texts: int, output: Output) -> str:
    """Writes how many texts there are; returns the file's name."""
    name = f"{FOLDER}/{NUMBER}.json"
    output.write_bytes(name, json.dumps(texts).encode())
    return name


def read_number(output: Output) -> int:
    """Returns the number of texts."""
    return int(json.loads(read_bytes(output.path(f"{FOLDER}/{NUMBER}.json"))))


def range_names(output: Output) -> list[str]:
    """The files of all ranges."""
    return output.names(FOLDER, ".arrow")


def read_range(output: Output, name: str) -> pa.Table:
    """The counts of a range: `language`, `word`, `count`."""
    with open_file(output.path(name)) as file:
        return pa.ipc.open_file(file).read_all()


def read_ranges(output: Output) -> Iterator[pa.Table]:
    """The counts of every range, one after the other."""
    return (read_range(output, name) for name in range_names(output))
