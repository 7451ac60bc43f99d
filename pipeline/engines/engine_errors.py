"""Errors of engines in plain words, and a check that an engine answers at all."""

from __future__ import annotations

import re

import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions

from pipeline import __version__

ANSWER_SECONDS = 5.0

MEANINGS = {  # pattern of Beam's message, and what a user can do; {0} is the first group of the pattern
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
    """An engine, or its workers, can't run the passes; the message tells what to do."""


def explain(error: Exception) -> None:
    """Raises EngineError with `error` in plain words, if its message is in `MEANINGS`."""
    for pattern, meaning in MEANINGS.items():
        if found := re.search(pattern, str(error)):
            raise EngineError(meaning.format(*found.groups())) from error


def check_endpoint(options: PipelineOptions) -> None:
    """Raises EngineError if nothing answers at the engine's address; Beam would wait for minutes."""
    endpoint = options.view_as(PortableOptions).job_endpoint
    if not endpoint or endpoint == "embed":
        return
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(ANSWER_SECONDS)
        except grpc.FutureTimeoutError:
            raise EngineError(f"no engine answers at --job_endpoint={endpoint}: start it first") from None
