"""Engines with a job server and workers elsewhere (Prism, Flink, Spark), and a check of their workers."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

import apache_beam as beam

from pipeline import __version__
from pipeline.engines.engine_errors import EngineError
from pipeline.engines.external import External
from pipeline.files import exists


class Portable(External):
    """Runs jobs through a job server, on workers in other processes."""

    def check(self, file: str = "") -> None:
        """Also runs a job that compares the workers' versions with this process' and looks for `file`."""
        super().check(file)
        pipeline = self.pipeline()
        pipeline | beam.Impulse() | beam.ParDo(CheckWorker(file))
        self.execute(pipeline)


def versions() -> dict[str, str]:
    """Versions that have to be equal on both sides: functions travel as names or bytecode, and bytes depend on code."""
    major, minor, _ = platform.python_version_tuple()
    return {"Python": f"{major}.{minor}", "apache-beam": version("apache-beam"), "align-corpus": __version__}


class CheckWorker(beam.DoFn):
    """Raises EngineError in a worker that differs from the submitter, or can't see `file`.

    It is pickled without bytecode, so that it can be loaded where other functions can't.
    """

    def __init__(self, file: str) -> None:
        self.submitter, self.file = versions(), file

    def process(self, element: bytes) -> Iterator[None]:
        """Checks the worker that it runs on; yields nothing."""
        ours = versions()
        for name, expected in self.submitter.items():
            if ours[name] != expected:
                raise EngineError(f"the workers have {name} {ours[name]}, this command {expected}: install the same")
        if self.file and not exists(self.file):
            raise EngineError(f"the workers don't see {self.file}: the output has to be where all machines see it")
        yield from ()
