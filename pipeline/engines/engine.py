"""The engine of a run: executes its passes one after another, each to the end.

`make_engine` (engines/choice.py) chooses the class by `--runner`. Passes and Beam's options are the same for all.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineRunner

from pipeline.engines.asked_once import Options
from pipeline.engines.engine_errors import check_endpoint
from pipeline.engines.progress import Meter
from pipeline.engines.worker_options import for_workers

MONTH = 30 * 24 * 3600
PATIENCE = (f"--job_server_timeout={MONTH}",)  # Beam's 300 seconds also end the job, if Prism takes longer for it


class Engine(AbstractContextManager["Engine"]):
    """Base of all engines. As a context an engine ends the processes that Beam started for it."""

    def __init__(self, workers: int, log: str, beam_options: Sequence[str] = ()) -> None:
        self.options = (*PATIENCE, *beam_options)
        self.workers = workers
        self.log = log

    def meter(self, folder: str, unit: str = "pairs") -> Meter:
        """The meter of the passes, with a file in the local `folder` if the workers are on this machine."""
        return Meter(None, unit)

    def pipeline(self, more: Sequence[str] = ()) -> beam.Pipeline:
        """A new pipeline on this engine, with `more` of Beam's options."""
        options = Options([*self.options, *for_workers(), *more])
        return beam.Pipeline(runner=self._runner(options), options=options)

    def _runner(self, options: PipelineOptions) -> PipelineRunner | None:
        """Beam's runner; None for the one that the options name."""
        return None

    def check(self, file: str = "") -> None:
        """Raises EngineError if the engine doesn't answer, or a worker has other versions or can't see `file`."""
        check_endpoint(PipelineOptions(list(self.options)))

    @abstractmethod
    def execute(self, pipeline: beam.Pipeline) -> None:
        """Runs a pipeline to its end. Raises a stage's error, WorkerDied or EngineError."""

    def last_lines(self, count: int) -> str:
        """The last lines that the workers, or the engine, printed."""
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return "\n".join(lines[-count:])


def local_meter(folder: str, unit: str) -> Meter:
    """A meter for workers on this machine."""
    return Meter(os.path.join(folder, "meter"), unit)
