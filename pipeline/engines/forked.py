"""Forked workers for Beam's local runner: their environment, and the handler that starts and ends the processes."""

from __future__ import annotations

import threading
from typing import Any

from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler, WorkerHandler
from apache_beam.transforms.environments import Environment, python_sdk_capabilities
from google.protobuf import text_format

from pipeline.engines.server import worker_server
from pipeline.engines.sockets import ENVIRONMENT
from pipeline.engines.worker_options import for_forked_workers


class ForkedEnvironment(Environment):
    """The environment of forked workers; `log` collects their output."""

    def __init__(self, log: str) -> None:
        super().__init__(python_sdk_capabilities(), artifacts=())
        self.log = log

    def to_runner_api_parameter(self, context: object) -> tuple[str, bytes]:
        """Returns the URN and the payload of Beam's protocol."""
        return ENVIRONMENT, self.log.encode()


@WorkerHandler.register_environment(ENVIRONMENT, bytes)
class ForkedWorker(GrpcWorkerHandler):
    """One worker process of one pass."""

    def __init__(self, log: bytes, *beam: Any) -> None:
        super().__init__(*beam)
        self.log = log.decode()

    def start_worker(self) -> None:
        """Forks the process; a thread waits for its end, and raises if it died."""
        alive = worker_server().fork(self.log, self._environment())
        self.thread = threading.Thread(name=ENVIRONMENT, target=_watch, args=(alive,))
        self.thread.start()

    def stop_worker(self) -> None:
        """Waits for the process, which ends when the runner closes its connection."""
        self.thread.join()

    def port_from_worker(self, port: Any) -> str:
        """Returns the socket address: see `SocketServer`."""
        return str(port)

    def _environment(self) -> dict[str, str]:
        return {
            "WORKER_ID": self.worker_id,
            "PIPELINE_OPTIONS": for_forked_workers(),
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(self.control_api_service_descriptor()),
        }


def _watch(alive: int) -> None:
    with open(alive, "rb") as file:
        if not file.read():
            raise RuntimeError("the worker process died")
