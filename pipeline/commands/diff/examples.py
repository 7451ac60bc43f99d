"""The examples of a comparison: the verdicts of the chosen pairs in both runs, and their pictures if a run has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters.signals import SHOWN
from pipeline.commands.diff.comparison import Change, Comparison
from pipeline.commands.diff.pictures import of_records, thumbnails_of
from pipeline.commands.diff.runs import Run
from pipeline.files import open_file

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


def read_examples(comparison: Comparison, one: Run, two: Run) -> dict[Change, list[Example]]:
    """The examples of each change. Raises BadFile if the records of one are damaged."""
    rows = [np.unique(np.concatenate([np.empty(0, np.int64), *_column(comparison, side)])) for side in (0, 1)]
    verdicts = [_verdicts(run, some[some >= 0]) for run, some in zip((one, two), rows, strict=True)]
    ids = {row["image_id"] for found in verdicts for row in found.values()} - {None}
    thumbnails = thumbnails_of((one, two), pa.array(sorted(ids), pa.string()))
    pictures = [_pictures(run, found, thumbnails) for run, found in zip((one, two), verdicts, strict=True)]
    return {
        change: [
            Example(verdicts[0].get(first), verdicts[1].get(second), pictures[0].get(first, pictures[1].get(second)))
            for first, second in chosen.rows.tolist()
        ]
        for change, chosen in comparison.chosen.items()
    }


def _pictures(run: Run, verdicts: Mapping[int, Row], thumbnails: Mapping[str, bytes]) -> dict[int, bytes]:
    """Thumbnails of these pairs by row: set aside by either run, else made of this run's records."""
    found = {
        row: thumbnails[verdict["image_id"]] for row, verdict in verdicts.items() if verdict["image_id"] in thumbnails
    }
    others = [row for row, verdict in verdicts.items() if row not in found and not verdict["reasons"]]
    return found | of_records(run, np.array(sorted(others), np.int64))


def _column(comparison: Comparison, side: int) -> list[np.ndarray]:
    return [chosen.rows[:, side] for chosen in comparison.chosen.values()]


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
