"""A finished corpus as its card and its metadata describe it: numbers, settings, and the folders that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.files import Output, open_file
from pipeline.formats import FORMATS, VERDICTS, Format
from pipeline.outputs.formats.pairs import pairs_of_verdicts
from pipeline.outputs.formats.parquet import schema_of, table_of
from pipeline.outputs.verdicts import SCHEMA

CARD, CROISSANT = "README.md", "croissant.json"


LAYOUTS: Mapping[str, Format] = {one.folder: one for one in (*reversed([*FORMATS.values()]), VERDICTS)}
"""Folders of shards by name, in the order in which `datasets` takes one by default."""

LOADABLE = ("parquet", "webdataset", "verdicts")  # `datasets` reads no TFRecords


@dataclass(frozen=True)
class Corpus:
    """A finished corpus: the content of its two files, its passthrough columns, and those of LAYOUTS that it has."""

    manifest: Mapping[str, Any]
    funnel: Mapping[str, Any]
    carried: pa.Schema
    folders: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.manifest["config"]["name"])

    @property
    def loaded(self) -> str | None:
        """The folder that `datasets.load_dataset(DIR)` loads; None if there is none."""
        return next((folder for folder in LOADABLE if folder in self.folders), None)

    def columns(self, folder: str) -> pa.Schema:
        """The columns of a folder of tables."""
        return self._verdicts.schema if folder == "verdicts" else schema_of(table_of(self._pairs))

    @property
    def fields(self) -> pa.Schema:
        """The columns of `parquet/` but the image, with passthrough columns as the verdicts have them: maps too."""
        return schema_of(self._pairs).remove(0)

    @property
    def _pairs(self) -> pa.Table:
        return pairs_of_verdicts(self._verdicts)

    @property
    def _verdicts(self) -> pa.Table:
        return pa.schema([*SCHEMA, *self.carried]).empty_table()

    def files(self, folder: str) -> Iterator[tuple[str, str]]:
        """The path and the sha256 of each shard in a folder."""
        for shard in self.manifest["shards"]:
            if digest := shard.get(LAYOUTS[folder].digest):
                yield LAYOUTS[folder].file(shard["name"]), digest

    def statistics(self, name: str) -> Mapping[str, Any] | None:
        """The statistics by language, licence, …; None if this run has none."""
        found: Mapping[str, Any] | None = (self.funnel.get("statistics") or {}).get(name)
        return found


def folders_of(output: Output, records: int) -> tuple[str, ...]:
    """The folders of LAYOUTS in which an output has shards; without records, the verdicts alone have rows to load."""
    names = LAYOUTS if records else (VERDICTS.folder,)
    return tuple(name for name in names if output.names(name, LAYOUTS[name].ending))


def carried_schema(output: Output) -> pa.Schema:
    """The passthrough columns of a corpus, by its first verdict shard. Raises OSError."""
    names = output.names("verdicts", ".parquet")
    if not names:
        return pa.schema([])
    with open_file(output.path(names[0])) as file:
        schema = pq.read_schema(file)
    return pa.schema(list(schema)[schema.get_field_index("reasons") + 1 :])
