"""Engines that Beam starts or reaches by `--runner`: they log to a file, and their errors are explained."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any

import apache_beam as beam

from pipeline.engines.engine import Engine, local_meter
from pipeline.engines.engine_errors import explain
from pipeline.engines.progress import Meter
from pipeline.printable import open_log

KEPT_LINES = 100  # lines of an engine's log that are attached to the error that ended it


class External(Engine):
    """Any runner of Beam's but the local one, with Beam's options unchanged."""

    def __init__(self, workers: int, log: str, beam_options: Sequence[str] = ()) -> None:
        super().__init__(workers, log, beam_options)
        logging.basicConfig(stream=open_log(log), level=logging.INFO, force=True)  # some loggers have no name

    def __exit__(self, *_: object) -> None:
        """Runs Beam's clean-up. Beam registers it with atexit, but commands end by os._exit: see commands.program."""
        atexit._run_exitfuncs()

    def execute(self, pipeline: beam.Pipeline) -> None:
        """Runs a pipeline to its end. Raises a stage's error or EngineError."""
        threading.excepthook = _log_thread_error
        try:
            with self._running():
                job = pipeline.run()
                self._announce(job)
                job.wait_until_finish()
        except Exception as error:
            error.add_note(self.last_lines(KEPT_LINES))
            explain(error)
            raise
        finally:
            threading.excepthook = threading.__excepthook__

    @contextmanager
    def _running(self) -> Iterator[None]:
        """The context of a running pipeline."""
        yield

    def _announce(self, job: Any) -> None:
        """Prints where a submitted job can be followed, if there is such a page."""


class InProcess(External):
    """Workers are threads of this process, as with DirectRunner and loopback environments."""

    def meter(self, folder: str, unit: str = "pairs") -> Meter:
        """A meter with a file in `folder`."""
        return local_meter(folder, unit)

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Sends the errors that workers print to the log; each reaches the main thread as an exception anyway."""
        with open_log(self.log) as file, redirect_stderr(file):
            yield


def _log_thread_error(args: threading.ExceptHookArgs) -> None:
    """Logs the error of a thread of Beam's, which reaches the main thread by itself."""
    logging.error("%s", args.thread, exc_info=args.exc_value)
