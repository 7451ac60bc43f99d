"""The verdict of every pair: all its signals and reasons, as one table of a fixed form."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.files import Output
from pipeline.storage.plan import CARRIED, Shard

OURS = pa.schema(
    [
        ("key", pa.string()),
        ("source", pa.string()),
        ("image_id", pa.string()),
        ("image_path", pa.string()),
        ("url", pa.string()),
        ("text", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("words", pa.int32()),
        ("texts_of_image", pa.int64()),
        ("images_of_text", pa.int64()),
        ("rare_ngram", pa.string()),
        ("eval_match", pa.string()),
        ("eval_distance", pa.int32()),
        ("porn_score", pa.float64()),
        ("image_error", pa.string()),
        ("reasons", pa.list_(pa.string())),
    ]
)


def verdicts(shard: Shard, signals: dict[str, pa.Array], carried: pa.Schema) -> pa.Table:
    """The verdict table of a shard from its signal columns (index columns and measured ones) and its reasons."""
    source = pa.DictionaryArray.from_arrays(pa.nulls(shard.rows, pa.int32()).fill_null(0), [shard.source.name])
    columns = [source if item.name == "source" else _fit(signals[item.name], item.type) for item in OURS]
    fields = [item.with_type(source.type) if item.name == "source" else item for item in OURS]
    for item in carried:
        column = signals.get(CARRIED + item.name)
        columns.append(pa.nulls(shard.rows, item.type) if column is None else _fit(column, item.type))
        fields.append(item)
    return pa.table(columns, schema=pa.schema(fields))


def _fit(column: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """Casts the column to its type in all verdicts."""
    if column.type == kind:
        return column
    if kind == pa.string() and pa.types.is_nested(column.type):
        return pa.array(
            [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()], kind
        )
    return pc.cast(column, kind)


def write_verdicts(output: Output, name: str, table: pa.Table) -> str:
    """Writes a verdict shard as Parquet, with equal bytes for equal tables; returns their sha256."""
    buffer = pa.BufferOutputStream()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        use_dictionary=["source", "eval_match", "image_error", "reasons.list.element"],
        write_statistics=False,
        store_schema=False,
    )
    content = buffer.getvalue()
    with output.write(name) as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()
