"""Beam's local runner with forked workers: the environment to ask for, and what starts and ends its processes."""

from __future__ import annotations

import threading
from typing import Any

from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler, WorkerHandler
from apache_beam.transforms.environments import Environment, python_sdk_capabilities
from google.protobuf import json_format, text_format

from pipeline.engines.server import worker_server
from pipeline.engines.sockets import ENVIRONMENT


class ForkedEnvironment(Environment):
    """Workers that are forked; what they print goes to `log`."""

    def __init__(self, log: str) -> None:
        super().__init__(python_sdk_capabilities(), artifacts=())
        self.log = log

    def to_runner_api_parameter(self, context: object) -> tuple[str, bytes]:
        """Beam's form of it."""
        return ENVIRONMENT, self.log.encode()


@WorkerHandler.register_environment(ENVIRONMENT, bytes)
class ForkedWorker(GrpcWorkerHandler):
    """One worker process of one pass."""

    def __init__(self, log: bytes, *beam: Any) -> None:
        super().__init__(*beam)
        self.log = log.decode()

    def start_worker(self) -> None:
        """Starts it. A thread waits for its end, and raises if that is not a good one."""
        alive = worker_server().fork(self.log, self._environment())
        self.thread = threading.Thread(name=ENVIRONMENT, target=_watch, args=(alive,))
        self.thread.start()

    def stop_worker(self) -> None:
        """Waits until it has ended by itself, as it does when the runner closes its connection."""
        self.thread.join()

    def port_from_worker(self, port: Any) -> str:
        """The address of a socket: see `SocketServer`."""
        return str(port)

    def _environment(self) -> dict[str, str]:
        options = self.provision_info.provision_info.pipeline_options
        return {
            "WORKER_ID": self.worker_id,
            "PIPELINE_OPTIONS": json_format.MessageToJson(options),
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(self.control_api_service_descriptor()),
        }


def _watch(alive: int) -> None:
    with open(alive, "rb") as file:
        if not file.read():
            raise RuntimeError("it ended without a word")
