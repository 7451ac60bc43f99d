"""The commands of `python -m dedup`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from pipeline.commands.program import DONE, FAILED, STARTS_AGAIN, USAGE, Program
from pipeline.printable import printable, tell

if TYPE_CHECKING:
    import pyarrow as pa

    from dedup.evaluation import EvalIndex
    from pipeline.engines.parallel_tasks import ParallelTasks

DEDUP = Program("dedup", STARTS_AGAIN)
TABLES = (".csv", ".parquet")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    DEDUP.main(_dedup, sys.argv[1:] if arguments is None else arguments)


def _dedup(arguments: Sequence[str], folder: str) -> int:
    from pipeline.commands.dedup.options import parse

    options = parse(arguments)
    if options.workers > 1:
        from pipeline.engines.server import worker_server

        worker_server()  # it imports what workers need, while this process imports Beam
    from pipeline.engines.parallel_tasks import ParallelTasks
    from pipeline.inputs import InputError
    from pipeline.storage.lock import Held, locked_files

    commands = {"index": _index, "match": _match, "groups": _groups}
    try:
        with locked_files(options.output):
            return commands[options.command](options, ParallelTasks(folder, options.workers))
    except InputError as error:
        return DEDUP.say(USAGE, str(error))
    except Held as error:
        return DEDUP.say(FAILED, str(error))
    except Exception as error:
        return DEDUP.failed(error)


def _index(options: Namespace, work: ParallelTasks) -> int:
    from filters import EvalDuplicate
    from pipeline.commands.dedup.index import build_index
    from pipeline.measure.eval_index_files import index_mode

    mode = index_mode(EvalDuplicate(mode=options.mode))
    index, undecodable = build_index(work, options.images, mode, options.max_pixels, options.name)
    _write_index(index, options.output)
    _name_undecodable(undecodable)
    told = f"{options.output}: {len(index.ids):,} pictures, {len(index.hashes):,} entries (mode {index.mode})"
    tell(told, error=False)
    return DONE


def _match(options: Namespace, work: ParallelTasks) -> int:
    from dedup.search import Search
    from pipeline.commands.dedup.match import match_pictures

    _check_table(options.output, TABLES)
    search = Search(options.max_distance, options.min_score, thorough=options.mode == "thorough")
    index = _one_index(options, work)
    table, pictures, undecodable = match_pictures(work, index, options.images, search, options.max_pixels)
    _name_undecodable(undecodable)
    _write_table(table, options.output)
    print(f"{len(table):,} of {pictures:,} pictures have a match", file=sys.stderr)
    return DONE


def _groups(options: Namespace, work: ParallelTasks) -> int:
    from dedup.search import Search
    from pipeline.commands.dedup.groups import Shard, group_corpus
    from pipeline.files import Output
    from pipeline.outputs.manifest import read_manifest

    _check_table(options.output, TABLES[1:])
    corpus = Output(options.corpus)
    shards = [
        Shard(corpus.path(f"corpus/{shard['name']}.tfrecord"), shard["records"])
        for shard in read_manifest(corpus)["shards"]
        if shard["records"]
    ]
    table = group_corpus(work, shards, Search(options.max_distance, options.min_score), options.max_pixels)
    _write_table(table, options.output)
    dropped = len(table) - sum(table["keep"].to_pylist())
    groups = len(table["group"].unique())
    print(f"{groups:,} groups of {len(table):,} images; {dropped:,} of them are copies of one that is kept")
    return DONE


def _one_index(options: Namespace, work: ParallelTasks) -> str:
    """The path of one index file of all that --index names. Raises InputError."""
    from dedup.evaluation import EvalIndex
    from filters import EvalDuplicate
    from pipeline.commands.dedup.index import build_index
    from pipeline.measure.eval_index_files import index_mode, load_indexes
    from pipeline.measure.eval_sets import find_sets, is_index

    rule = EvalDuplicate(mode=options.mode)
    files = [pattern for pattern in options.index if is_index(pattern)]
    folders = [pattern for pattern in options.index if not is_index(pattern)]
    indexes = load_indexes(find_sets(files), rule)
    if folders:
        index, undecodable = build_index(work, folders, index_mode(rule), options.max_pixels)
        _name_undecodable(undecodable)
        indexes.append(index)
    path = os.path.join(work.folder, "joined.idx")
    _write_index(EvalIndex.join(indexes), path)
    return path


def _write_index(index: EvalIndex, path: str) -> None:
    from pipeline.files import write_file

    with write_file(path) as file:
        index.save(file)


def _check_table(path: str | None, kinds: Sequence[str]) -> None:
    from pipeline.inputs import InputError

    if path is not None and not path.lower().endswith(tuple(kinds)):
        raise InputError(f"output: {path} is of another kind than {', '.join(kinds)}")


def _write_table(table: pa.Table, path: str | None) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    from pipeline.files import write_file

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
