"""The tasks that a pass begins with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam


def created(tasks: Iterable[Any]) -> beam.Create:
    """Creates tasks in one place: a pass spreads them itself, by a shuffle that Beam's default would only double."""
    return beam.Create(tasks, reshuffle=False)
