"""A shard as Parquet, with an image column that Hugging Face's `datasets` shows as images."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.inputs import convert
from pipeline.inputs.canonical import METADATA
from pipeline.outputs.formats.json_forms import json_texts, with_leaves
from pipeline.outputs.formats.pairs import FIELDS, IMAGE
from pipeline.outputs.formats.sink import DigestedFile, PairImage, sample_name
from pipeline.outputs.formats.types import has_map
from pipeline.printable import tell
from vocab.buffers import one_array

GROUP_BYTES = 32 << 20  # of a row group, unless one pair alone has more: it is held in memory until it is written
PAGE_ROWS = 16  # of a page at least; by default 1,024, and so the images of a whole row group
# The only column whose feature is not that of its type. Others are left out, since lists have had three forms by now.
FEATURES = {"info": {"features": {IMAGE: {"_type": "Image"}}}}

IMAGE_FIELD = pa.field(IMAGE, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))


class ParquetShard:
    """Pairs with their images, written a row group at a time."""

    def __init__(self, file: DigestedFile, name: str, pairs: pa.Table) -> None:
        self._name, self._count = name, 0
        self._pairs = table_of(pairs)
        self._held: list[PairImage] = []
        self._bytes = 0
        self._writer = pq.ParquetWriter(
            file,
            schema_of(self._pairs),
            compression="zstd",
            use_dictionary=False,
            write_statistics=False,
            store_schema=False,
            write_batch_size=PAGE_ROWS,
        )
        self._writer.add_key_value_metadata({**METADATA, b"huggingface": json.dumps(FEATURES).encode()})

    def add(self, image: PairImage) -> None:
        """Holds a pair; those before it are written if they would be too large together."""
        size = len(image.data) + self._pairs.slice(image.row, 1).nbytes
        if self._held and self._bytes + size > GROUP_BYTES:
            self._flush()
        self._held.append(image)
        self._bytes += size

    def close(self) -> None:
        """Writes the last row group, and the footer."""
        if self._held:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        images, self._held, self._bytes = self._held, [], 0
        rows = self._pairs.take(pa.array([image.row for image in images]))
        columns = {name: rows[name] for name in rows.column_names}
        columns |= {
            IMAGE: pa.array([self._image(image) for image in images], IMAGE_FIELD.type),
            "width": pa.array([image.width for image in images], pa.int64()),
            "height": pa.array([image.height for image in images], pa.int64()),
        }
        schema = schema_of(self._pairs)
        self._writer.write_table(pa.table([columns[name] for name in schema.names], schema=schema), len(images))

    def _image(self, image: PairImage) -> dict[str, Any]:
        self._count += 1
        return {"bytes": image.data, "path": f"{sample_name(self._name, self._count - 1)}.{image.suffix}"}


def schema_of(pairs: pa.Table) -> pa.Schema:
    """The schema of a shard's file."""
    fields = {IMAGE: IMAGE_FIELD.type, **dict.fromkeys(FIELDS, pa.int64())}
    return pa.schema(list((fields | dict(zip(pairs.column_names, pairs.schema.types, strict=True))).items()))


def table_of(pairs: pa.Table) -> pa.Table:
    """The pairs with valid texts at any depth, and as JSON what Hugging Face has no type for."""
    columns = [one_array(column) for column in pairs.columns]
    return pa.table([_column(column) for column in columns], names=pairs.column_names)


def _column(column: pa.Array) -> pa.Array:
    return json_texts(column) if has_map(column.type) else with_leaves(column, _valid)


def _valid(column: pa.Array) -> pa.Array:
    return convert.string(column) if convert.is_string(column.type) else column


def tell_json_columns(formats: Collection[str], pairs: pa.Schema) -> None:
    """Prints which passthrough columns become JSON in Parquet, if there are any."""
    found = [field.name for field in pairs if has_map(field.type)]
    if found and "parquet" in formats:
        tell(f"parquet: maps are written as JSON, since Hugging Face's datasets have none: {', '.join(found)}")
