"""Thumbnails of examples: those that the runs set aside for their pages, else of the images of kept pairs' records."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.picture import thumbnail
from pipeline.commands.diff.runs import Run
from pipeline.files import open_file
from pipeline.inputs.errors import reading
from pipeline.measure.examples import THUMBNAIL_SIDE
from pipeline.outputs.formats.chosen import read_chosen
from pipeline.storage.for_report import EXAMPLES, small_files
from pipeline.storage.gathered import read_small_files


def set_aside(runs: Iterable[Run]) -> pa.StringArray:
    """The ids of images whose thumbnails either run has set aside."""
    found = [table["image_id"] for run in runs for table in _thumbnails(run, ["image_id"])]
    return pc.unique(pa.chunked_array([chunk for column in found for chunk in column.chunks], pa.string()))


def thumbnails_of(runs: Iterable[Run], ids: pa.StringArray) -> dict[str, bytes]:
    """The thumbnails of these images, the first one of each."""
    found: dict[str, bytes] = {}
    for run in runs:
        for table in _thumbnails(run, ["image_id", "thumbnail"]):
            some = table.filter(pc.is_in(table["image_id"], ids))
            found = dict(zip(some["image_id"].to_pylist(), some["thumbnail"].to_pylist(), strict=True)) | found
    return found


def of_records(run: Run, rows: np.ndarray) -> dict[int, bytes]:
    """Thumbnails of the kept pairs at these rows, ascending, made as a run makes them, by row.

    Raises BadFile if a shard is damaged. Left out: rows whose shard has no images, or whose image Pillow can't read.
    """
    most = run.manifest["config"]["filters"]["undecodable"]["max_pixels"]
    found: dict[int, bytes] = {}
    for shard, format_ in enumerate(run.pictured):
        some = rows[(rows >= run.starts[shard]) & (rows < run.starts[shard + 1])]
        if format_ and len(some):
            places = _places(run, shard, some - run.starts[shard])
            images = read_chosen(run.output, run.manifest["shards"][shard]["name"], format_, places)
            made = (
                (row, thumbnail(images[place], THUMBNAIL_SIDE, most))
                for row, place in zip(some.tolist(), places, strict=True)
            )
            found |= {row: content for row, content in made if content}
    return found


def _places(run: Run, shard: int, rows: np.ndarray) -> list[int]:
    """The places of these rows of a shard among its kept pairs, which are those of its images."""
    path = run.output.path(run.shards[shard])
    with reading(path), open_file(path) as file:
        reasons = pq.read_table(file, columns=["reasons"], use_threads=False)["reasons"]
    kept = np.asarray(pc.equal(pc.list_value_length(reasons), 0))
    places: list[int] = (np.cumsum(kept)[rows] - 1).tolist()
    return places


def _thumbnails(run: Run, columns: list[str]) -> Iterable[pa.Table]:
    """These columns of the examples with a thumbnail that a run set aside."""
    for content in read_small_files(run.output, small_files()[EXAMPLES].listed(run.output)):
        yield pq.read_table(pa.BufferReader(content), columns=columns, filters=pc.field("thumbnail").is_valid())
