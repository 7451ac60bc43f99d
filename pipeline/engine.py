"""Which runner executes a pass, and what happens when a worker or the user ends it.

Locally that is Beam's FnApiRunner by name (`DirectRunner` becomes another engine where it can download one), with one
process a worker. Any other `--runner` gets the same passes and Beam's options unchanged.
"""

from __future__ import annotations

import logging
import os
import signal
import threading

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.forked import URN, ForkedEnvironment
from pipeline.server import worker_server


class WorkerDied(RuntimeError):
    """A worker process ended, or could not start."""


class Engine:
    """Executes passes one after the other, each to its end."""

    def __init__(self, workers: int, log: str, beam_options: tuple[str, ...] = ()) -> None:
        self.options = beam_options
        self.workers = workers
        self.local = PipelineOptions(list(beam_options)).view_as(StandardOptions).runner in (None, "FnApiRunner")
        self.log = log
        self._died = threading.Event()
        if self.local and workers > 1:
            worker_server()
        logging.getLogger("apache_beam").setLevel(logging.CRITICAL)

    def pipeline(self) -> beam.Pipeline:
        """A new pipeline on the runner that was asked for."""
        options = PipelineOptions(list(self.options))
        return beam.Pipeline(runner=self._runner(options), options=options)

    def execute(self, pipeline: beam.Pipeline) -> None:
        """Runs a pipeline to its end. Raises what a stage raised, or WorkerDied."""
        threading.excepthook = self._note_death
        signal.signal(signal.SIGUSR1, self._raise_death)
        try:
            pipeline.run().wait_until_finish()
        except RuntimeError as error:
            if not isinstance(error, WorkerDied) and self._died.wait(1):  # Beam may notice first, and not say why
                self._raise_death()
            raise
        finally:
            threading.excepthook = threading.__excepthook__
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    def _note_death(self, args: threading.ExceptHookArgs) -> None:
        """Beam waits for ever for a worker that never connects: its thread's error has to reach the main thread."""
        if args.thread is None or args.thread.name != URN:
            threading.__excepthook__(args)
            return
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(f"{args.exc_value}\n")
        self._died.set()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def _raise_death(self, *_: object) -> None:
        raise WorkerDied(f"a worker process ended: {self._worker_output()}")

    def _runner(self, options: PipelineOptions) -> FnApiRunner | None:
        if not self.local:
            return None
        options.view_as(DirectOptions).direct_num_workers = self.workers
        if self.workers == 1:
            return FnApiRunner()
        return FnApiRunner(default_environment=ForkedEnvironment(self.log))

    def _worker_output(self) -> str:
        """What the workers printed last, one line."""
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return lines[-1] if lines else ""
