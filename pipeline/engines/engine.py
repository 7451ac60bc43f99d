"""Which runner executes a pass, and what happens when a worker or the user ends it.

Locally that is Beam's FnApiRunner by name (`DirectRunner` becomes another engine where it can download one), with one
process a worker. Any other `--runner` gets the same passes and Beam's options unchanged.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions
from apache_beam.runners.direct.direct_runner import SwitchingDirectRunner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.portable_runner import PortableRunner
from apache_beam.runners.runner import create_runner
from apache_beam.transforms.environments import PythonLoopbackEnvironment

from pipeline.engines.compiling import announce_compiling
from pipeline.engines.dataflow import job_page, on_dataflow
from pipeline.engines.forked import ForkedEnvironment
from pipeline.engines.portable import PATIENCE, CheckWorker, check_endpoint, explain
from pipeline.engines.server import worker_server
from pipeline.engines.sockets import ENVIRONMENT
from pipeline.printable import open_log

KEPT_LINES = 100  # of an engine's log, beside the error that ended it


class WorkerDied(RuntimeError):
    """A worker process ended, or could not start."""


class Engine:
    """Executes passes one after the other, each to its end. As a context it ends an engine that Beam started."""

    def __init__(self, workers: int, log: str, beam_options: tuple[str, ...] = ()) -> None:
        self.options = (*PATIENCE, *beam_options)
        self.workers = workers
        self.local, self.here, self.portable = _kind(PipelineOptions(list(beam_options)))
        self.log = log
        self._died = threading.Event()
        if self.local and workers > 1:
            worker_server()  # which announces it
        elif self.local:
            announce_compiling()
        if self.local:
            logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
        else:  # engines talk a lot, also through loggers of no name
            logging.basicConfig(stream=open_log(log), level=logging.INFO, force=True)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        """Beam ends what it started when the interpreter ends, which never happens in order: see `commands.program`."""
        if not self.local:
            atexit._run_exitfuncs()

    def pipeline(self, more: Sequence[str] = ()) -> beam.Pipeline:
        """A new pipeline on the runner that was asked for, with `more` of Beam's options."""
        options = PipelineOptions([*self.options, *more])
        return beam.Pipeline(runner=self._runner(options), options=options)

    def check(self, file: str = "") -> None:
        """Raises EngineError where the engine doesn't answer, or where a worker differs or doesn't see `file`.

        Dataflow starts workers of its own choice for minutes: there the first pass is the check.
        """
        check_endpoint(PipelineOptions(list(self.options)))
        if self.portable and not self.here:
            pipeline = self.pipeline()
            pipeline | beam.Impulse() | beam.ParDo(CheckWorker(file))
            self.execute(pipeline)

    def execute(self, pipeline: beam.Pipeline) -> None:
        """Runs a pipeline to its end. Raises what a stage raised, WorkerDied or EngineError."""
        threading.excepthook = self._note_death
        signal.signal(signal.SIGUSR1, self._raise_death)
        try:
            with self._aside():
                job = pipeline.run()
                if on_dataflow(self.options):
                    print(job_page(job, self.options), file=sys.stderr, flush=True)
                job.wait_until_finish()
        except Exception as error:
            self._explain(error)
            raise
        finally:
            threading.excepthook = threading.__excepthook__
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Workers in this process print their errors, which reach the main thread anyway."""
        if self.local or not self.here:
            yield
            return
        with open_log(self.log) as file, redirect_stderr(file):
            yield

    def _explain(self, error: Exception) -> None:
        """Raises what is behind an error of Beam's, where that is known."""
        if not self.local:
            error.add_note(self._last_words(KEPT_LINES))
            explain(error)
        elif isinstance(error, RuntimeError) and not isinstance(error, WorkerDied) and self._died.wait(1):
            self._raise_death()  # Beam may notice first, and not say why

    def _note_death(self, args: threading.ExceptHookArgs) -> None:
        """Beam waits for ever for a worker that never connects: its thread's error has to reach the main thread."""
        if not self.local:  # a thread of Beam's, whose error reaches the main thread by itself
            logging.error("%s", args.thread, exc_info=args.exc_value)
            return
        if args.thread is None or args.thread.name != ENVIRONMENT:
            threading.__excepthook__(args)
            return
        with open_log(self.log) as file:
            file.write(f"{args.exc_value}\n")
        self._died.set()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def _raise_death(self, *_: object) -> None:
        raise WorkerDied(f"a worker process ended: {self._last_words(1)}")

    def _runner(self, options: PipelineOptions) -> FnApiRunner | None:
        if not self.local:
            return None
        options.view_as(DirectOptions).direct_num_workers = self.workers
        if self.workers == 1:
            return FnApiRunner()
        return FnApiRunner(default_environment=ForkedEnvironment(self.log))

    def _last_words(self, count: int) -> str:
        """The last lines of what the workers, or the engine, printed."""
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return "\n".join(lines[-count:])


def _kind(options: PipelineOptions) -> tuple[bool, bool, bool]:
    """Whether a runner is our local one; has its workers in this process; runs jobs through a job server."""
    name = options.view_as(StandardOptions).runner
    if name in (None, "FnApiRunner"):
        return True, True, False
    runner = create_runner(name)
    if not isinstance(runner, PortableRunner):
        return False, isinstance(runner, SwitchingDirectRunner), False
    return False, isinstance(runner.default_environment(options), PythonLoopbackEnvironment), True
