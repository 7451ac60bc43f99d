"""The fields of a shard's pairs that go with their images into every format: `text`, `key`, `url`, `sha256`, and the
passthrough columns.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from filters.signals import SIGNALS
from pipeline.outputs.formats.names import distinct_names
from pipeline.outputs.verdicts import encoded

FIELDS = ("text", "key", "url", "width", "height", "sha256")
IMAGE = "image"
_FROM_VERDICTS = {"text": "text", "key": "key", "url": "url", "sha256": "image_id"}  # width and height: the image's own


def pairs_of_verdicts(verdicts: pa.Table) -> pa.Table:
    """The pairs in rows of verdicts, also of an earlier release: the passthrough columns follow the reasons."""
    columns = {name: verdicts[column] for name, column in _FROM_VERDICTS.items()}
    carried = verdicts.column_names[verdicts.column_names.index("reasons") + 1 :]
    names = distinct_names(carried, (*FIELDS, IMAGE))
    return pa.table(columns | {new: verdicts[name] for new, name in zip(names, carried, strict=True)})


def pairs_of_columns(columns: Mapping[str, pa.Array], carried: Mapping[str, pa.Array] | None) -> pa.Table:
    """The pairs in a shard's columns: with the types and values that its verdicts will have, once they are read.

    So an export of the finished corpus has the same bytes. `carried` is None where no format has such columns.
    """
    named = {column: columns[column].cast(SIGNALS[column].type) for column in _FROM_VERDICTS.values()}
    if carried is None:
        return pa.table({name: named[column] for name, column in _FROM_VERDICTS.items()})
    table = pa.table({**named, "reasons": pa.nulls(len(named["key"])), **carried})
    return pairs_of_verdicts(pq.read_table(pa.BufferReader(encoded(table)), use_threads=False))
