"""Calls a function for every task on all cores, with a progress bar, and yields results in the order of the tasks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apache_beam as beam

from pipeline.engines.choice import make_engine
from pipeline.engines.created import spread
from pipeline.engines.progress import Meter

T = TypeVar("T")
Do = Callable[[T, str, Meter], dict[str, Any]]  # task, path of a file to write, meter; returns a small result


@dataclass(frozen=True)
class ParallelTasks:
    """Local processes that share tasks, and write files in `folder`."""

    folder: str
    workers: int

    def each(self, name: str, unit: str, tasks: Sequence[Any], do: Do[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Calls `do` for every task; yields each task's file and result. Raises the error of `do`, or WorkerDied."""
        os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        engine = make_engine(self.workers, os.path.join(self.folder, "workers.log"))
        meter = engine.meter(self.folder, unit)
        paths = [os.path.join(self.folder, name, f"{number:06d}") for number in range(len(tasks))]
        with meter.shown(name, sum(getattr(task, "work", 1) for task in tasks)):
            pipeline = engine.pipeline()
            spread(pipeline, "Tasks", list(zip(paths, tasks, strict=True))) | "Do" >> beam.Map(_do, do, meter)
            engine.execute(pipeline)
        for path in paths:
            with open(f"{path}.json", encoding="utf-8") as file:
                yield path, json.load(file)


def _do(numbered: tuple[str, Any], do: Do[Any], meter: Meter) -> str:
    path, task = numbered
    result = do(task, path, meter)
    with open(f"{path}.json", "w", encoding="utf-8") as file:
        json.dump(result, file)
    meter.add(0, getattr(task, "work", 1))
    return path
