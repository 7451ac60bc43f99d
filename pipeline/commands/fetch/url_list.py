"""The list of URLs of a fetch, as a table that other downloaders take, such as img2dataset."""

from __future__ import annotations

import os

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.commands.fetch.rows import rows_of
from pipeline.commands.fetch.sources import row_tasks
from pipeline.config import Options
from pipeline.files import exists, write_file
from pipeline.inputs import InputError, check_output
from pipeline.printable import tell
from pipeline.storage.lock import locked_files

COLUMNS = ("key", "url", "text")


def write_list(options: Options, path: str) -> None:
    """Writes key, URL and text of the rows of a run or table to a Parquet file. Raises InputError, BadInputs, Held."""
    _check(options, path)
    _, tasks = row_tasks(options)
    rows, schema = 0, pa.schema([(name, pa.string()) for name in COLUMNS])
    with locked_files(path), write_file(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for task in tasks:
            for table in rows_of(task, options.config.input):
                writer.write_table(table.select(COLUMNS).cast(schema))
                rows += len(table)
    tell(f"{path}: {rows:,} rows of key, url and text", error=False)


def _check(options: Options, path: str) -> None:
    """Raises InputError for a file that the list would replace, or that lies in its input."""
    check_output(path, options.inputs)
    if exists(path) and not options.overwrite:
        raise InputError(f"list: {path} exists; --overwrite replaces it")
    if exists(path) and os.path.realpath(path) in {os.path.realpath(source) for source in options.inputs}:
        raise InputError(f"list: {path} is the input itself")
