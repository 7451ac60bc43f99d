"""Sources of words: the kept texts of a finished corpus, or the texts of any input."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.files import Output, open_file
from pipeline.formats import VERDICTS
from pipeline.inputs import BadFile, Input, Source, Span, carried_columns, find_sources, open_source
from pipeline.inputs.sources import EXTENSIONS
from pipeline.outputs.manifest import read_manifest
from pipeline.storage.plan import note_bad

LINES = (".txt", ".txt.gz")  # a text a line; no image can come with one, so that only a vocabulary reads them
ROWS_PER_TASK = 500_000
ROWS_PER_BATCH = 1 << 16
LANGUAGE_COLUMNS = ("language", "lang", "LANGUAGE", "Language", "locale")


@dataclass(frozen=True)
class Batch:
    """Some texts, not canonical yet, and the language of each where a column says it."""

    texts: pa.Array  # string or binary
    languages: pa.StringArray  # null where none is known


@dataclass(frozen=True)
class KeptTexts:
    """The kept texts of some verdict files of a corpus."""

    output: Output
    names: tuple[str, ...]
    work: int  # its rows
    column: str | None  # language column

    def batches(self) -> Iterator[Batch]:
        """The texts in order. Raises OSError, ArrowInvalid."""
        for name in self.names:
            with open_file(self.output.path(name)) as file:
                table = pq.read_table(file)
            kept = table.filter(pc.equal(pc.list_value_length(table["reasons"]), 0))
            columns = dict(zip(kept.column_names, kept.columns, strict=True))
            yield Batch(kept["text"].combine_chunks(), languages(columns, len(kept), self.column))


@dataclass(frozen=True)
class InputTexts:
    """The texts of some rows of an input file."""

    source: Source
    span: Span
    work: int  # its share of the file's bytes
    settings: Input
    column: str | None

    def batches(self) -> Iterator[Batch]:
        """The texts in order. Raises BadFile."""
        for batch in open_source(self.source, self.settings, text_only=True).batches(self.span):
            yield Batch(batch["text"].combine_chunks(), languages(carried_columns(batch), len(batch), self.column))


@dataclass(frozen=True)
class LineTexts:
    """The lines of a file."""

    source: Source

    @property
    def work(self) -> int:
        """Size in bytes."""
        return self.source.size

    def batches(self) -> Iterator[Batch]:
        """The lines in order. Raises BadFile where the file is no whole gzip."""
        try:
            with open_file(self.source.path) as raw, _unpacked(raw, self.source.path) as file:
                while lines := file.readlines(1 << 22):
                    yield Batch(pa.array(lines, pa.binary()), pa.nulls(len(lines), pa.string()))
        except (OSError, EOFError) as error:
            raise BadFile(self.source.path, f"damaged: {error}") from error


def _unpacked(file: BinaryIO, path: str) -> BinaryIO:
    return cast(BinaryIO, gzip.open(file)) if path.lower().endswith(".gz") else file


Texts = KeptTexts | InputTexts | LineTexts


def languages(columns: Mapping[str, pa.ChunkedArray], rows: int, column: str | None) -> pa.StringArray:
    """The language of each row: by `column`, else by the first of LANGUAGE_COLUMNS there is; null if empty or none."""
    found = next((columns[name] for name in ([column] if column else LANGUAGE_COLUMNS) if name in columns), None)
    if found is None:
        return pa.nulls(rows, pa.string())
    names = found.combine_chunks().cast(pa.string())
    return pc.if_else(pc.equal(names, ""), None, names)


def corpus_texts(output: Output, column: str | None) -> Iterator[KeptTexts]:
    """The tasks of a corpus. Raises InputError where it isn't finished."""
    manifest = read_manifest(output)
    names, rows = list[str](), 0
    for shard in manifest["shards"]:
        if rows and rows + shard["rows"] > ROWS_PER_TASK:
            yield KeptTexts(output, tuple(names), rows, column)
            names, rows = [], 0
        names.append(VERDICTS.file(shard["name"]))
        rows += shard["rows"]
    yield KeptTexts(output, tuple(names), rows, column)


def find_texts(patterns: tuple[str, ...]) -> list[Source]:
    """The files of `--input`. Raises InputError."""
    return find_sources(patterns, (*EXTENSIONS, *LINES))


def input_texts(source: Source, output: Output, settings: Input, column: str | None) -> Iterator[Texts]:
    """The tasks of an input file. A bad file is noted, and has none."""
    if source.path.lower().endswith(LINES):
        yield LineTexts(source)
        return
    try:
        spans = open_source(source, settings, text_only=True).spans(ROWS_PER_TASK)
    except BadFile as error:
        note_bad(output, source, error)
        return
    for span in spans:
        yield InputTexts(source, span, source.size // len(spans), settings, column)
