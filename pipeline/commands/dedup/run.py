"""The work of `python -m dedup`, and what it writes and prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from dedup.evaluation import EvalIndex
from dedup.search import Search
from filters import EvalDuplicate
from pipeline.commands.dedup.groups import Shard, group_corpus
from pipeline.commands.dedup.index import build_index
from pipeline.commands.dedup.match import match_pictures
from pipeline.commands.dedup.options import AnyOptions, GroupsOptions, IndexOptions, MatchOptions
from pipeline.engines.parallel_tasks import ParallelTasks
from pipeline.files import Output, write_file
from pipeline.formats import FORMATS, RECORDS
from pipeline.inputs import InputError
from pipeline.measure.eval_index_files import index_mode, load_indexes
from pipeline.measure.eval_sets import find_sets, is_index
from pipeline.outputs.manifest import check_records, read_manifest
from pipeline.printable import printable, tell
from pipeline.storage.lock import locked_files

TABLES = (".csv", ".parquet")


def index(options: IndexOptions, folder: str) -> None:
    """Writes the index of an evaluation set. Raises InputError, BadFile, Held."""
    mode = index_mode(EvalDuplicate(mode=options.mode))
    with _working(options, options.index, folder) as work:
        found, undecodable = build_index(work, options.images, mode, options.max_pixels, options.name)
        _write_index(found, options.index)
    _name_undecodable(undecodable)
    tell(
        f"{options.index}: {len(found.ids):,} pictures, {len(found.hashes):,} entries (mode {found.mode})", error=False
    )


def match(options: MatchOptions, folder: str) -> None:
    """Writes, or prints, which pictures match which of an index. Raises InputError, BadFile, Held."""
    search = Search(options.max_distance, options.min_score, thorough=options.mode == "thorough")
    with _working(options, options.table, folder) as work:
        _check_table(options.table, TABLES)
        index = _one_index(options, work)
        table, pictures, undecodable = match_pictures(work, index, options.images, search, options.max_pixels)
        _name_undecodable(undecodable)
        _write_table(table, options.table)
    print(f"{len(table):,} of {pictures:,} pictures have a match", file=sys.stderr)


def groups(options: GroupsOptions, folder: str) -> None:
    """Writes the near-copies inside a corpus. Raises InputError, Held."""
    search = Search(options.max_distance, options.min_score)
    with _working(options, options.table, folder) as work:
        _check_table(options.table, TABLES[1:])
        table = group_corpus(work, _shards(options.corpus), search, options.max_pixels)
        _write_table(table, options.table)
    dropped, number = len(table) - sum(table["keep"].to_pylist()), len(table["group"].unique())
    print(f"{number:,} groups of {len(table):,} images; {dropped:,} of them are copies of one that is kept")


@contextmanager
def _working(options: AnyOptions, output: str | None, folder: str) -> Iterator[ParallelTasks]:
    """Work in parallel, while the file of the output is locked."""
    with locked_files(output):
        yield ParallelTasks(folder, options.workers)


def _shards(folder: str) -> list[Shard]:
    corpus = Output(folder)
    manifest = read_manifest(corpus)
    check_records(manifest, folder)
    return [
        Shard(corpus.path(FORMATS[RECORDS].file(shard["name"])), shard["records"])
        for shard in manifest["shards"]
        if shard["records"]
    ]


def _one_index(options: MatchOptions, work: ParallelTasks) -> str:
    """The path of one index file of all that --index names. Raises InputError."""
    rule = EvalDuplicate(mode=options.mode)
    files = [pattern for pattern in options.indexes if is_index(pattern)]
    folders = [pattern for pattern in options.indexes if not is_index(pattern)]
    indexes = load_indexes(find_sets(files), rule)
    if folders:
        index, undecodable = build_index(work, folders, index_mode(rule), options.max_pixels)
        _name_undecodable(undecodable)
        indexes.append(index)
    path = os.path.join(work.folder, "joined.idx")
    _write_index(EvalIndex.join(indexes), path)
    return path


def _write_index(index: EvalIndex, path: str) -> None:
    with write_file(path) as file:
        index.save(file)


def _check_table(path: str | None, kinds: Sequence[str]) -> None:
    if path is not None and not path.lower().endswith(tuple(kinds)):
        raise InputError(f"output: {path} is of another kind than {', '.join(kinds)}")


def _write_table(table: pa.Table, path: str | None) -> None:
    if path is None:
        pyarrow.csv.write_csv(_printable(table) if sys.stdout.isatty() else table, sys.stdout.buffer)
        return
    with write_file(path) as file:
        if path.lower().endswith(".csv"):
            pyarrow.csv.write_csv(table, file)
        else:
            pyarrow.parquet.write_table(table, file, store_schema=False)


def _printable(table: pa.Table) -> pa.Table:
    """The table as a terminal shows it; a file, or a pipe, gets names as they are."""
    for name in ("image", "match"):
        shown = [printable(one) for one in table[name].to_pylist()]
        table = table.set_column(table.column_names.index(name), name, [shown])
    return table


def _name_undecodable(names: Sequence[str]) -> None:
    if names:
        every = [f"dedup: {name} can't be decoded" for name in names]
        tell(*every, f"dedup: {len(names):,} pictures can't be decoded")
