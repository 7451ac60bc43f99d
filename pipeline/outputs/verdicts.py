"""The verdict of every pair: all its signals and reasons, as one table of a fixed form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.signals import SHOWN, SIGNALS
from pipeline.files import Output
from pipeline.inputs.json_files.values import MOST_FIELDS
from pipeline.settings import shown
from pipeline.storage.plan import CARRIED, BadInputs, Shard

SCHEMA = pa.schema([(name, SIGNALS[name].type) for name in SHOWN])  # without passthrough columns


def verdicts(shard: Shard, signals: dict[str, pa.Array], carried: pa.Schema) -> pa.Table:
    """The verdict table of a shard from its signal columns (index columns and measured ones) and its reasons."""
    source = pa.DictionaryArray.from_arrays(pa.nulls(shard.rows, pa.int32()).fill_null(0), [shard.source.name])
    columns = [source if item.name == "source" else fit(signals[item.name], item.type) for item in SCHEMA]
    fields = [item.with_type(source.type) if item.name == "source" else item for item in SCHEMA]
    columns += carried_columns(shard, signals, carried).values()
    return pa.table(columns, schema=pa.schema([*fields, *carried]))


def carried_columns(shard: Shard, signals: Mapping[str, pa.Array], carried: pa.Schema) -> dict[str, pa.Array]:
    """The passthrough columns of a shard, with their types in all verdicts; null where its file lacks one."""
    found = {item.name: signals.get(CARRIED + item.name) for item in carried}
    return {
        item.name: pa.nulls(shard.rows, item.type) if (column := found[item.name]) is None else fit(column, item.type)
        for item in carried
    }


def fit(column: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """Casts the column to its type in all verdicts."""
    if column.type == kind:
        return column
    if kind == pa.string() and pa.types.is_nested(column.type):
        return pa.array(
            [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()], kind
        )
    return pc.cast(column, kind)


def check_carried(carried: pa.Schema, formats: Collection[str]) -> None:
    """Raises BadInputs that lists what the verdicts or one of the `formats` of the corpus can't hold.

    Such as a passthrough column of a union, which Parquet lacks, or more columns than our own input reads from a tar.
    """
    lines = [f"column {item.name}: {problem}" for item in carried if (problem := _unwritable(item))]
    lines += [problem] if (problem := too_many(len(carried), formats)) else []
    if lines:
        raise BadInputs(*lines)


def too_many(columns: int, formats: Collection[str]) -> str:
    """Says what is wrong with this number of passthrough columns; nothing if all `formats` can be read again."""
    if columns <= MOST_FIELDS or "webdataset" not in formats:
        return ""
    return (
        f"{columns:,} passthrough columns: python -m pipeline reads at most {MOST_FIELDS:,} from a WebDataset tar;"
        " leave some out of the input, or webdataset out of the formats"
    )


def _unwritable(item: pa.Field) -> str:
    try:
        encoded(pa.schema([item]).empty_table())
    except pa.ArrowNotImplementedError:
        return f"the verdicts are Parquet, which can't hold {shown(str(item.type))}; leave it out of the input"
    return ""


def write_verdicts(output: Output, name: str, table: pa.Table) -> str:
    """Writes a verdict shard as Parquet; returns the sha256 of its bytes."""
    content = encoded(table)
    output.write_bytes(name, content)
    return hashlib.sha256(content).hexdigest()


def encoded(table: pa.Table) -> pa.Buffer:
    """A table of verdicts as Parquet: equal tables give equal bytes."""
    buffer = pa.BufferOutputStream()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        use_dictionary=["source", "eval_match", "image_error", "reasons.list.element"],
        write_statistics=False,
        store_schema=False,
    )
    return buffer.getvalue()
