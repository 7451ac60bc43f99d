"""Hive partitions: folders such as `lang=en/` between the input folder and its files give passthrough columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import pyarrow as pa

from pipeline.inputs.layout import free_name
from pipeline.inputs.reader import WHOLE, Reader, Span, batch_name, carried_columns

_NULL = "__HIVE_DEFAULT_PARTITION__"


def partitions(name: str) -> dict[str, str | None]:
    """The columns that a file's folders give: names to values, percent-decoded; `name` is `Source.name`."""
    parts = (part.partition("=") for part in name.split("/")[:-1])
    return {unquote(key): None if value == _NULL else unquote(value) for key, equals, value in parts if equals and key}


class PartitionedReader:
    """A reader whose batches include the columns of the file's folders. A column in the file takes precedence."""

    def __init__(self, reader: Reader, columns: Mapping[str, str | None]) -> None:
        self.source = reader.source
        self.one_shard = reader.one_shard
        self._reader = reader
        self._columns = {free_name(name, ()): value for name, value in columns.items()}

    @property
    def position(self) -> int:
        return self._reader.position

    @property
    def has_images(self) -> bool:
        return self._reader.has_images

    @property
    def folder(self) -> str:
        return self._reader.folder

    @property
    def places(self) -> str:
        return self._reader.places

    @property
    def looked_in(self) -> str:
        return self._reader.looked_in

    @property
    def paths_seen(self) -> int:
        return self._reader.paths_seen

    @property
    def paths_found(self) -> int:
        return self._reader.paths_found

    @property
    def failed_downloads(self) -> int:
        return self._reader.failed_downloads

    @property
    def pages(self) -> Mapping[str, int]:
        return self._reader.pages

    def spans(self, rows: int) -> list[Span]:
        return self._reader.spans(rows)

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        return map(self._with_columns, self._reader.batches(span))

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        return self._reader.images(rows)

    def _with_columns(self, table: pa.Table) -> pa.Table:
        for name in sorted(self._columns.keys() - carried_columns(table).keys()):
            column = pa.repeat(pa.scalar(self._columns[name], pa.string()), len(table))
            table = table.append_column(batch_name(name), column)
        return table
