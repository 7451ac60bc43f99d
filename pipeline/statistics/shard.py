"""The statistics of one shard: bounded tables, a dimension each, and its most shared texts and images."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.statistics.columns import (
    LANGUAGES,
    LICENCES,
    NO_FORMAT,
    NOT_READ,
    format_names,
    hashes_of,
    values_of,
)
from pipeline.statistics.hosts import Hosts
from pipeline.statistics.kernels import largest_rows
from pipeline.statistics.tables import LONGEST_NAME, Table, one_name, tally
from pipeline.storage.for_report import NOT_GIVEN
from vocab.buffers import one_array
from vocab.hashing import hash_strings

NAMES_OF_SHARD = 500  # at most, in the table of each dimension
OFFENDERS = 20  # at most, of each kind
CODEC = "lz4_raw"
DIMENSIONS = ("host", "language", "picture_format", "licence", "rare_ngram")
SHARED = {"texts": ("text", "images_of_text"), "images": ("image_id", "texts_of_image")}  # kind: name and count


Shared = list[tuple[str, int, int]]
"""Names, with their counts and hashes."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of a shard, judged."""

    verdicts: pa.Table
    failed: np.ndarray  # bool (pairs, rules)
    summary: Mapping[str, Any]  # `kept`, and by rule `first_reason` and `any_reason`
    hashes: dict[str, np.ndarray]  # of `text` and `image_id`, uint64 (pairs,)
    formats: pa.StringArray | None  # as headers name them; None for pairs whose images aren't read

    @cached_property
    def whole(self) -> np.ndarray:
        """The counts of all pairs, int64 (1, 2 + 2 x rules), or without a row for no pairs."""
        reasons = [count for kind in ("first_reason", "any_reason") for count in self.summary[kind].values()]
        return np.array([[len(self.failed), self.summary["kept"], *reasons]])[: len(self.failed)]


def shard_statistics(pairs: Pairs, identify: bool, most: int = NAMES_OF_SHARD) -> dict[str, Any]:
    """The statistics of a shard for its completion marker, with at most `most` names for each dimension."""
    tables = dict(_tables(pairs, identify, most))
    return {
        "codes": list(pairs.summary["first_reason"]),
        "tables": {dimension: [len(table.names), table.lacks, table.is_cut] for dimension, table in tables.items()},
        "shared": {kind: _shared(pairs, kind) for kind in SHARED},
        "rows": _packed(list(tables.values())),
    }


def _packed(tables: list[Table]) -> tuple[int, str]:
    """The rows of these tables as Arrow's bytes, their number and, with lz4 and in base64, themselves."""
    counts = np.concatenate([table.counts for table in tables]).astype(np.int32)
    rows = pa.record_batch(
        [
            pa.array(np.concatenate([table.hashes for table in tables])),
            pa.concat_arrays([table.names for table in tables]),
            pa.FixedSizeListArray.from_arrays(pa.array(counts.reshape(-1)), counts.shape[1]),
        ],
        _schema(counts.shape[1]),
    )
    content = rows.serialize()
    return content.size, base64.b64encode(pa.compress(content, CODEC)).decode()


def _schema(width: int) -> pa.Schema:
    return pa.schema({"hash": pa.uint64(), "name": pa.string(), "counts": pa.list_(pa.int32(), width)})


@dataclass(frozen=True)
class ShardStatistics:
    """The statistics of a shard, read from its completion marker."""

    codes: list[str]
    tables: dict[str, Table]
    shared: dict[str, Shared | None]


def read_statistics(entry: Mapping[str, Any]) -> ShardStatistics:
    """Reads the statistics of a completion marker."""
    width, (size, packed) = 2 + 2 * len(entry["codes"]), entry["rows"]
    rows = pa.ipc.read_record_batch(pa.decompress(base64.b64decode(packed), size, CODEC), _schema(width))
    hashes, names = rows["hash"].to_numpy(), rows["name"]
    counts = rows["counts"].flatten().to_numpy().reshape(-1, width).astype(np.int64)
    tables, begin = dict[str, Table](), 0
    for dimension, (number, lacks, is_cut) in entry["tables"].items():
        end = begin + number
        tables[dimension] = Table(hashes[begin:end], names.slice(begin, number), counts[begin:end], lacks, is_cut)
        begin = end
    return ShardStatistics(entry["codes"], tables, entry["shared"])


def _tables(pairs: Pairs, identify: bool, most: int) -> Iterator[tuple[str, Table]]:
    hosts = Hosts(one_array(pairs.verdicts["url"]))
    yield "host", tally(hosts.hashes, hosts.names, pairs.failed, most)
    for dimension, (column, absent) in _columns(pairs, identify).items():
        if column is None or column.null_count == len(column):
            yield dimension, one_name(absent, pairs.whole)
        else:
            yield dimension, _tally(column.fill_null(absent), pairs.failed, most)
    rare = one_array(pairs.verdicts["rare_ngram"])
    if rare.null_count < len(rare):
        yield "rare_ngram", _tally(rare.drop_null(), pairs.failed[rare.is_valid().to_numpy(zero_copy_only=False)], most)


def _columns(pairs: Pairs, identify: bool) -> dict[str, tuple[pa.StringArray | None, str]]:
    """The column of each dimension but the host, if there is one, and the name of a null."""
    formats = None if pairs.formats is None else format_names(pairs.formats)
    return {
        "language": (_languages(pairs, identify), NOT_GIVEN),
        "picture_format": (formats, NOT_READ if formats is None else NO_FORMAT),
        "licence": (values_of(pairs.verdicts, LICENCES), NOT_GIVEN),
    }


def _tally(column: pa.StringArray, failed: np.ndarray, most: int) -> Table:
    def names(rows: np.ndarray) -> pa.StringArray:
        return pc.utf8_slice_codeunits(column.take(pa.array(rows)), 0, LONGEST_NAME)

    return tally(hashes_of(column), names, failed, most)


def _languages(pairs: Pairs, identify: bool) -> pa.StringArray | None:
    """Each pair's language, in lower case; with `identify` that of the text where no column has one."""
    values = values_of(pairs.verdicts, LANGUAGES)
    given = None if values is None else pc.utf8_lower(values)
    if not identify:
        return given
    from vocab.languages import identified

    texts = one_array(pairs.verdicts["text"])
    return identified(texts, pa.nulls(len(texts), pa.string()) if given is None else given)


def _shared(pairs: Pairs, kind: str) -> Shared | None:
    """The texts that most images share, or the images with most texts; None where no pair has the signal."""
    name, signal = SHARED[kind]
    counts = one_array(pairs.verdicts[signal])
    if counts.null_count == len(counts):
        return None
    numbers = (counts.fill_null(0) if counts.null_count else counts).to_numpy()
    rows = largest_rows(numbers, pairs.hashes[name], 2, OFFENDERS)
    found = one_array(pairs.verdicts[name]).take(pa.array(rows)).to_pylist()
    return [
        (shown[:LONGEST_NAME], int(numbers[row]), int(pairs.hashes[name][row]))
        for shown, row in zip(found, rows.tolist(), strict=True)
    ]


def hashes_of_verdicts(verdicts: pa.Table) -> dict[str, np.ndarray]:
    """The hashes of `text` and `image_id` of a table of verdicts."""
    return {name: hash_strings(one_array(verdicts[name])) for name in ("text", "image_id")}
