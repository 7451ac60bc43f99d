"""What a trained model learns of another task: each task is the function `run` of a module of its name."""

from __future__ import annotations

from importlib import import_module

from pipeline.commands.train.transfer.options import Options


def run(options: Options) -> None:
    """Learns, measures, writes, and tells the result. Raises InputError, ConfigError, TrainingError."""
    import_module(f"pipeline.commands.train.transfer.{options.config.transfer.task}").run(options)
