"""The examples of a comparison: the verdicts of the chosen pairs in both runs, and their pictures if a run has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.signals import SHOWN
from pipeline.commands.diff.comparison import Change, Comparison
from pipeline.commands.diff.runs import Run
from pipeline.files import open_file
from pipeline.storage.for_report import EXAMPLES

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Example:
    """A pair by its verdicts in the two runs; None in a run that lacks it."""

    one: Row | None
    two: Row | None
    thumbnail: bytes | None

    @property
    def row(self) -> Row:
        """The newer verdict."""
        return self.two or self.one or {}


def pictures_at_hand(runs: Iterable[Run]) -> pa.StringArray:
    """The ids of images of which either run has a thumbnail."""
    found = [table["image_id"] for run in runs for table in _thumbnails(run, ["image_id"])]
    return pc.unique(pa.chunked_array([chunk for column in found for chunk in column.chunks], pa.string()))


def read_examples(comparison: Comparison, one: Run, two: Run) -> dict[Change, list[Example]]:
    """The examples of each change."""
    rows = [np.unique(np.concatenate([np.empty(0, np.int64), *_column(comparison, side)])) for side in (0, 1)]
    verdicts = [_verdicts(run, some[some >= 0]) for run, some in zip((one, two), rows, strict=True)]
    ids = {row["image_id"] for found in verdicts for row in found.values()} - {None}
    pictures = _pictures((one, two), pa.array(sorted(ids), pa.string()))
    return {
        change: [
            _example(verdicts[0].get(first), verdicts[1].get(second), pictures)
            for first, second in chosen.rows.tolist()
        ]
        for change, chosen in comparison.chosen.items()
    }


def _column(comparison: Comparison, side: int) -> list[np.ndarray]:
    return [chosen.rows[:, side] for chosen in comparison.chosen.values()]


def _example(one: Row | None, two: Row | None, pictures: Mapping[str, bytes]) -> Example:
    return Example(one, two, pictures.get((two or one or {}).get("image_id", "")))


def _verdicts(run: Run, rows: np.ndarray) -> dict[int, Row]:
    """The verdicts at these rows, sorted, of a run; only shards that hold one of them are read."""
    found: dict[int, Row] = {}
    for shard, name in enumerate(run.shards):
        some = rows[(rows >= run.starts[shard]) & (rows < run.starts[shard + 1])]
        if len(some):
            with open_file(run.output.path(name)) as file:
                table = pq.ParquetFile(file).read(columns=list(SHOWN)).take(pa.array(some - run.starts[shard]))
            found |= zip(some.tolist(), table.to_pylist(), strict=True)
    return found


def _pictures(runs: Iterable[Run], ids: pa.StringArray) -> dict[str, bytes]:
    """The thumbnails of these images, the first one of each."""
    found: dict[str, bytes] = {}
    for run in runs:
        for table in _thumbnails(run, ["image_id", "thumbnail"]):
            some = table.filter(pc.is_in(table["image_id"], ids))
            found = dict(zip(some["image_id"].to_pylist(), some["thumbnail"].to_pylist(), strict=True)) | found
    return found


def _thumbnails(run: Run, columns: list[str]) -> Iterable[pa.Table]:
    """These columns of the examples with a thumbnail that a run set aside."""
    for name in run.output.names(EXAMPLES, ".parquet"):
        with open_file(run.output.path(name)) as file:
            yield pq.read_table(file, columns=columns, filters=pc.field("thumbnail").is_valid())
