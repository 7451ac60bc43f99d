"""What engines other than the local runner need: patience, a check of their workers, their errors in plain words."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import version

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions

from pipeline import __version__
from pipeline.files import exists

MONTH = 30 * 24 * 3600
PATIENCE = (f"--job_server_timeout={MONTH}",)  # Beam's 300 seconds also end the job, if Prism takes longer for it
ANSWER_SECONDS = 5.0

MEANINGS = {  # what Beam's errors say, and what a user can do; {0} is what the pattern caught
    r"stage the jar at (\S+\.jar)": "Beam's job server is missing: put its jar at {0}, or name one with "
    "--flink_job_server_jar or --spark_job_server_jar (or a running job server with --job_endpoint)",
    r"No such file or directory: '(\S*java)'": "the job server needs Java, and there is no {0}",
    r"Unable to fetch remote prism binary at \S+/v([\d.]+)/": "Prism can't be downloaded: build it with "
    "`go install github.com/apache/beam/sdks/v2/go/cmd/prism@v{0}`, and name it with --prism_location",
    r"No module named '([\w.]+)'": f"the workers have no {{0}}: install align-corpus {__version__} there",
    r"[Dd]idn't get control connection": "no worker has connected: the `python` on the worker pool's PATH has to have "
    f"align-corpus {__version__}",
    r"(?:SDK|sdk) worker disconnected|worker \S* ?disconnected": "a worker process ended: it was killed, or ran out of "
    "memory",
    r"StatusCode\.UNAVAILABLE": "the engine has ended, or lost its worker pool: see its own log, start both again",
}


class EngineError(RuntimeError):
    """An engine, or its workers, can't do the work; the message says what to do."""


def explain(error: Exception) -> None:
    """Raises EngineError with `error` in plain words, if it is one that engines are known for."""
    for pattern, meaning in MEANINGS.items():
        if found := re.search(pattern, str(error)):
            raise EngineError(meaning.format(*found.groups())) from error


def check_endpoint(options: PipelineOptions) -> None:
    """Raises EngineError if nothing answers where the engine should be; Beam would wait for minutes."""
    endpoint = options.view_as(PortableOptions).job_endpoint
    if not endpoint or endpoint == "embed":
        return
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(ANSWER_SECONDS)
        except grpc.FutureTimeoutError:
            raise EngineError(f"no engine answers at --job_endpoint={endpoint}: start it first") from None


def versions() -> dict[str, str]:
    """What has to be equal on both sides: functions travel as names or as bytecode, and bytes depend on code."""
    major, minor, _ = platform.python_version_tuple()
    return {"Python": f"{major}.{minor}", "apache-beam": version("apache-beam"), "align-corpus": __version__}


class CheckWorker(beam.DoFn):
    """Raises EngineError in a worker that differs from the submitter, or doesn't see `file`.

    Nothing of it is bytecode, so that it arrives where other functions would not.
    """

    def __init__(self, file: str) -> None:
        self.submitter, self.file = versions(), file

    def process(self, element: bytes) -> Iterator[None]:
        """Looks at the worker that it is on; yields nothing."""
        ours = versions()
        for name, expected in self.submitter.items():
            if ours[name] != expected:
                raise EngineError(f"the workers have {name} {ours[name]}, this command {expected}: install the same")
        if self.file and not exists(self.file):
            raise EngineError(f"the workers don't see {self.file}: the output has to be where all machines see it")
        yield from ()
