"""An index shard as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import Output, is_local, open_file
from pipeline.inputs.row_keys import row_keys
from pipeline.storage.plan import Shard


def load(output: Output, shard: Shard, columns: Sequence[str] | None = None) -> pa.Table:
    """Loads the rows of an index shard, or only some columns."""
    return read_shard(output, shard.index, columns)


def read_shard(output: Output, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads a shard by its file's name."""
    path = output.path(name)
    with pa.memory_map(path) if is_local(path) else open_file(path) as file:
        with pa.ipc.open_file(file) as reader:
            fields = None if columns is None else [reader.schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
        return pa.ipc.open_file(file, options=options).read_all()


def load_texts(output: Output, shard: Shard, keys: bool) -> dict[str, pa.Array]:
    """Columns for pass 2: text, its hash, the image's hash, and the keys if wanted."""
    columns = ["text", "text_hash", "image_hash"] + (["key"] if keys else [])
    table = load(output, shard, columns)
    arrays = {name: table[name].combine_chunks() for name in columns}
    return arrays | {"key": full_keys(arrays["key"], shard)} if keys else arrays


def full_keys(keys: pa.StringArray, shard: Shard) -> pa.StringArray:
    """The keys of a shard's rows, with `<source>#<row>` for rows whose input gives none."""
    return pc.coalesce(keys, row_keys(shard.source.name, shard.first, shard.rows)) if keys.null_count else keys
