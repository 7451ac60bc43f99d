"""`python -m dedup index`: an evaluation set's index, built once by all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from dedup.evaluation import EvalIndex, build
from pipeline.engines.parallel_tasks import ParallelTasks
from pipeline.engines.progress import Meter
from pipeline.inputs import InputError
from pipeline.inputs.pictures import Task, find_tasks, path_help


def build_index(
    work: ParallelTasks, patterns: Sequence[str], mode: str, max_pixels: int, name: str | None = None
) -> tuple[EvalIndex, list[str]]:
    """The index of all pictures of `patterns`, and the names of those that can't be decoded.

    Raises InputError where there is none that can.
    """
    tasks = find_tasks(patterns, name)
    parts, undecodable = [], list[str]()
    do = partial(index_task, mode=mode, max_pixels=max_pixels)
    for place, note in work.each("index", "pictures", tasks, do):
        parts.append(EvalIndex.load(place))
        undecodable += note["undecodable"]
    index = EvalIndex.join(parts)
    if not index.ids:
        raise InputError(
            f"images: none of the {len(undecodable)} pictures exists and can be decoded, such as {undecodable[0]}"
            f"{path_help(tasks)}"
        )
    return index, undecodable


def index_task(task: Task, place: str, meter: Meter, mode: str, max_pixels: int) -> dict[str, Any]:
    """Writes the index of a task's pictures to `place`."""
    index, undecodable = build(_counted(task, meter), max_pixels, mode)
    with open(place, "wb") as file:
        index.save(file)
    return {"undecodable": undecodable}


def _counted(task: Task, meter: Meter) -> Iterator[tuple[str, bytes]]:
    for name, data in task.contents():
        yield name, data
        meter.add(1)
