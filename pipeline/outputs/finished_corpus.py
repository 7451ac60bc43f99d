"""A finished corpus as its card and its metadata describe it: numbers, settings, and the folders that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from pipeline.files import Output, open_file
from pipeline.outputs.verdicts import SCHEMA

CARD, CROISSANT = "README.md", "croissant.json"
NOT_GIVEN = "not given"  # the name in statistics of pairs whose language or licence the input doesn't state


@dataclass(frozen=True)
class Layout:
    """A folder of shards: the ending and the media type of its files, and what they hold."""

    ending: str
    media_type: str
    says: str


LAYOUTS: Mapping[str, Layout] = {
    "parquet": Layout(".parquet", "application/x-parquet", "the kept pairs with an image, as Parquet"),
    "webdataset": Layout(".tar", "application/x-tar", "the kept pairs with an image, as WebDataset"),
    "corpus": Layout(".tfrecord", "application/octet-stream", "the kept pairs with an image, as TFRecords"),
    "verdicts": Layout(".parquet", "application/x-parquet", "every raw pair, its signals and the reasons that drop it"),
}
PAIRS = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("text", pa.string()),
        ("key", pa.string()),
        ("url", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("sha256", pa.string()),
    ]
)
"""The columns of `parquet/` before the passthrough columns."""


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

    def columns(self, folder: str) -> pa.Schema:
        """The columns of a folder of tables; among pairs, a column with maps is their JSON."""
        if folder == "verdicts":
            return pa.schema([*SCHEMA, *self.carried])
        return pa.schema(
            [*PAIRS, *(item.with_type(pa.string()) if has_map(item.type) else item for item in self.carried)]
        )

    def files(self, folder: str) -> Iterator[tuple[str, str]]:
        """The path and the sha256 of each shard in a folder."""
        for shard in self.manifest["shards"]:
            if digest := shard.get(f"{folder}_sha256"):
                yield f"{folder}/{shard['name']}{LAYOUTS[folder].ending}", digest

    def statistics(self, name: str) -> Mapping[str, Any] | None:
        """The statistics by language, licence, …; None if this run has none."""
        found: Mapping[str, Any] | None = (self.funnel.get("statistics") or {}).get(name)
        return found


def holds(kind: pa.DataType, test: Callable[[pa.DataType], bool]) -> bool:
    """Returns whether a type, or any inside it, passes a test."""
    return test(kind) or any(holds(kind.field(number).type, test) for number in range(kind.num_fields))


def has_map(kind: pa.DataType) -> bool:
    """Returns whether a type is, or contains, a map: `datasets` has no feature for it."""
    return holds(kind, pt.is_map)


def folders_of(output: Output) -> tuple[str, ...]:
    """The folders of LAYOUTS in which an output has shards."""
    return tuple(name for name, layout in LAYOUTS.items() if output.names(name, layout.ending))


def carried_columns(output: Output) -> pa.Schema:
    """The passthrough columns of a corpus, by its first verdict shard. Raises OSError."""
    names = output.names("verdicts", ".parquet")
    if not names:
        return pa.schema([])
    with open_file(output.path(names[0])) as file:
        schema = pq.read_schema(file)
    return pa.schema([field for field in schema if field.name not in SCHEMA.names])
