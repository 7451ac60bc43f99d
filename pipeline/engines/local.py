"""The local engine: Beam's FnApiRunner, chosen by class, with one forked process for each worker.

Beam's own default, `DirectRunner`, becomes another engine if it can download one.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.engines.compiling import announce_compiling
from pipeline.engines.engine import Engine, local_meter
from pipeline.engines.forked import ForkedEnvironment
from pipeline.engines.progress import Meter
from pipeline.engines.server import worker_server
from pipeline.engines.sockets import ENVIRONMENT
from pipeline.printable import open_log


class WorkerDied(RuntimeError):
    """A worker process ended, or could not start."""


class Local(Engine):
    """Workers are processes of this machine; a single worker is this process."""

    def __init__(self, workers: int, log: str, beam_options: Sequence[str] = ()) -> None:
        super().__init__(workers, log, beam_options)
        self._died = threading.Event()
        if workers > 1:
            worker_server()  # announces it itself
        else:
            announce_compiling()
        logging.getLogger("apache_beam").setLevel(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        """Ends nothing: workers end with their pass."""

    def meter(self, folder: str, unit: str = "pairs") -> Meter:
        """A meter with a file in `folder`."""
        return local_meter(folder, unit)

    def _runner(self, options: PipelineOptions) -> FnApiRunner:
        options.view_as(DirectOptions).direct_num_workers = self.workers
        if self.workers == 1:
            return FnApiRunner()
        return FnApiRunner(default_environment=ForkedEnvironment(self.log))

    def execute(self, pipeline: beam.Pipeline) -> None:
        """Runs a pipeline to its end. Raises a stage's error or WorkerDied."""
        threading.excepthook = self._handle_thread_error
        signal.signal(signal.SIGUSR1, self._raise_death)
        try:
            pipeline.run().wait_until_finish()
        except WorkerDied:
            raise
        except RuntimeError:
            if self._died.wait(1):
                self._raise_death()  # Beam may notice the death first, and raise an error without the cause
            raise
        finally:
            threading.excepthook = threading.__excepthook__
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    def _handle_thread_error(self, args: threading.ExceptHookArgs) -> None:
        """Passes the error of a worker's thread to the main thread: Beam waits for ever for a worker that is dead."""
        if args.thread is None or args.thread.name != ENVIRONMENT:
            threading.__excepthook__(args)
            return
        with open_log(self.log) as file:
            file.write(f"{args.exc_value}\n")
        self._died.set()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def _raise_death(self, *_: object) -> None:
        raise WorkerDied(f"a worker process ended: {self.last_lines(1)}")
