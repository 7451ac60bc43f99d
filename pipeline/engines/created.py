"""The tasks that a pass begins with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import apache_beam as beam

Task = TypeVar("Task")


def created(tasks: Iterable[Any]) -> beam.Create:
    """Creates tasks in one place: a pass spreads them itself, by a shuffle that Beam's default would only double."""
    return beam.Create(tasks, reshuffle=False)


def spread(pipeline: beam.Pipeline, name: str, tasks: Iterable[Task]) -> beam.PCollection[Task]:
    """Creates tasks, and spreads them over all workers."""
    each: beam.PCollection[Task] = pipeline | name >> created(tasks) | f"Spread{name}" >> beam.Reshuffle()
    return each
