"""Does one thing for every task on all cores, with a bar, and gives the results back in the order of the tasks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apache_beam as beam

from pipeline.engines.engine import Engine
from pipeline.engines.progress import Meter

T = TypeVar("T")
Do = Callable[[T, str, Meter], dict[str, Any]]  # a task, the path of a file to write, the meter; returns a small note


@dataclass(frozen=True)
class Work:
    """Local processes that share tasks; what they write is in `folder`."""

    folder: str
    workers: int

    def each(self, name: str, unit: str, tasks: Sequence[Any], do: Do[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Calls `do` for every task; yields each one's file and note. Raises what `do` raised, or WorkerDied."""
        os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        meter = Meter(os.path.join(self.folder, "meter"), unit)
        engine = Engine(self.workers, os.path.join(self.folder, "workers.log"))
        places = [os.path.join(self.folder, name, f"{number:06d}") for number in range(len(tasks))]
        with meter.shown(name, sum(getattr(task, "work", 1) for task in tasks)):
            pipeline = engine.pipeline()
            numbered = pipeline | "Tasks" >> beam.Create(list(zip(places, tasks, strict=True)))
            numbered | "Spread" >> beam.Reshuffle() | "Do" >> beam.Map(_do, do, meter)
            engine.execute(pipeline)
        for place in places:
            with open(f"{place}.json", encoding="utf-8") as file:
                yield place, json.load(file)


def _do(numbered: tuple[str, Any], do: Do[Any], meter: Meter) -> str:
    place, task = numbered
    note = do(task, place, meter)
    with open(f"{place}.json", "w", encoding="utf-8") as file:
        json.dump(note, file)
    meter.add(0, getattr(task, "work", 1))
    return place
