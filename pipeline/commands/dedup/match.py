"""`python -m dedup match`: which pictures are near-duplicates of which in an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.evaluation import EvalIndex
from dedup.search import Search
from filters.picture import Picture, UndecodableImage
from pipeline.engines.parallel_tasks import ParallelTasks
from pipeline.engines.progress import Meter
from pipeline.inputs.pictures import Task, find_tasks

IMAGES_AT_ONCE = 256
SCHEMA = pa.schema(
    [
        ("image", pa.string()),
        ("match", pa.string()),
        ("distance", pa.int32()),  # bits of 256
        ("score", pa.float32()),
        ("transform", pa.string()),
    ]
)


def match_pictures(
    work: ParallelTasks, index: str, patterns: Sequence[str], search: Search, max_pixels: int
) -> tuple[pa.Table, int, list[str]]:
    """The matches of all pictures of `patterns` in the index file `index`: a row a picture that has one.

    Also the number of pictures, and the names of those that can't be decoded. Raises InputError, BadFile.
    """
    tables, pictures, undecodable = [SCHEMA.empty_table()], 0, list[str]()
    do = partial(match_task, index=index, search=search, max_pixels=max_pixels)
    for place, note in work.each("match", "pictures", find_tasks(patterns), do):
        with pa.memory_map(place) as file:
            tables.append(pa.ipc.open_file(file).read_all())
        pictures += note["pictures"]
        undecodable += note["undecodable"]
    return pa.concat_tables(tables), pictures, undecodable


def match_task(task: Task, place: str, meter: Meter, index: str, search: Search, max_pixels: int) -> dict[str, Any]:
    """Writes the matches of a task's pictures to `place`."""
    pictures, undecodable = 0, list[str]()
    with pa.OSFile(place, "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for batch in _batches(task.contents()):
            names, lumas = _decoded(batch, max_pixels, undecodable)
            if names:
                writer.write_table(_matches(names, np.stack(lumas), _opened(index), search))
            pictures += len(batch)
            meter.add(len(batch))
    return {"pictures": pictures, "undecodable": undecodable}


def _batches(contents: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    left = iter(contents)
    while batch := list(islice(left, IMAGES_AT_ONCE)):
        yield batch


def _decoded(
    batch: list[tuple[str, bytes]], max_pixels: int, undecodable: list[str]
) -> tuple[list[str], list[np.ndarray]]:
    names, lumas = list[str](), list[np.ndarray]()
    for name, data in batch:
        try:
            lumas.append(Picture(data, max_pixels).luma())
            names.append(name)
        except UndecodableImage:
            undecodable.append(name)
    return names, lumas


def _matches(names: list[str], lumas: np.ndarray, index: EvalIndex, search: Search) -> pa.Table:
    found = index.match(lumas, search)
    rows = np.flatnonzero(found.image >= 0).tolist()
    columns = [
        [names[row] for row in rows],
        [index.ids[found.image[row]] for row in rows],
        found.distance[rows],
        found.score[rows],
        [found.transform[row] for row in rows],
    ]
    return pa.table(columns, schema=SCHEMA)


@cache
def _opened(path: str) -> EvalIndex:
    """Once a process: the tables of the look-up are made at the first match."""
    return EvalIndex.load(path)
