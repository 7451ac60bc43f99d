"""A trained model learns another task: each task is a function."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.commands.train.transfer import classification, retrieval, vtab
from pipeline.commands.train.transfer.options import Options

TASKS: dict[str, Callable[[Options], None]] = {
    "retrieval": retrieval.run,
    "classification": classification.run,
    "vtab": vtab.run,
}


def run(options: Options) -> None:
    """Learns, measures, writes, and prints the result. Raises InputError, ConfigError, TrainingError."""
    TASKS[options.config.transfer.task](options)
