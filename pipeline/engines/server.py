"""Client of the process that workers are forked from. It imports no Beam: the process starts while Beam is imported."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache


class WorkerServer:
    """A running `python -m pipeline.engines.worker`, which ends with this process."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            for end in (self._requests, theirs):
                end.settimeout(None)  # Beam sets a default for all sockets when it looks for Google's credentials
            words = [*interpreter(), "-m", "pipeline.engines.worker"]
            self._process = subprocess.Popen(words, stdin=theirs.fileno())

    def fork(self, log: str, environment: Mapping[str, str]) -> int:
        """Forks a Beam worker with these environment variables and this log. Raises ConnectionError.

        Returns a file descriptor to read: b"done" after the worker ended well, nothing if it died.
        """
        ours, alive = os.pipe()
        request = json.dumps({"log": log, "environment": dict(environment)}).encode()
        try:
            socket.send_fds(self._requests, [request], [alive])
            answered = bool(self._requests.recv(1))
        except ConnectionError:
            answered = False
        finally:
            os.close(alive)
        if not answered:
            raise ConnectionError(f"no worker process can start: their server ended with {self._process.wait()}")
        return ours

    def close(self) -> None:
        """Ends the process. Its workers have ended before."""
        self._requests.close()
        self._process.wait()


def interpreter() -> list[str]:
    """This interpreter. It imports from the working directory only if this process does: the console script doesn't."""
    return [sys.executable] if {"", os.getcwd()} & {*sys.path} else [sys.executable, "-P"]


@cache
def worker_server() -> WorkerServer:
    """Returns the server of this process, started at the first call."""
    return WorkerServer()


def end_worker_server() -> None:
    """Ends the server of this process, if there is one, for its memory. `worker_server` then starts another."""
    if worker_server.cache_info().currsize:
        worker_server().close()
        worker_server.cache_clear()
