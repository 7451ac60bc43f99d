"""The gRPC server of the local runner's workers, on Unix sockets in a folder that no other user can enter.

Beam's own server listens on TCP ports of all network interfaces, and its artifact service serves any file of this user
to anyone. This server has the three services that forked workers use: control, data and state.
"""

from __future__ import annotations

import os
import shutil
from typing import cast
from urllib.parse import quote

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.fn_api_runner.worker_handlers import (
    DATA_BUFFER_TIME_LIMIT_MS,
    BeamFnControlServicer,
    GrpcServer,
    GrpcStateServicer,
    WorkerHandler,
    WorkerHandlerManager,
)
from apache_beam.runners.worker.data_plane import BeamFnDataServicer
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from pipeline.storage.scratch import socket_folder

ENVIRONMENT = "align_corpus:env:forked:v1"
OPTIONS = (  # as in Beam: messages of any length, and pings at any time
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
)
GRACE_SECONDS = 5


class SocketServer:
    """Replaces Beam's `GrpcServer`. Beam's ports are socket addresses here."""

    def __init__(self, manager: WorkerHandlerManager) -> None:
        self.folder = socket_folder()
        self.control_port, self.data_port, self.state_port = (
            f"unix:{quote(os.path.join(self.folder, name))}" for name in ("control", "data", "state")
        )
        self.control_handler = BeamFnControlServicer(manager)
        self.data_plane_handler = BeamFnDataServicer(DATA_BUFFER_TIME_LIMIT_MS)
        self._server = grpc.server(shared_unbounded_instance(), options=OPTIONS)
        services.add_BeamFnControlServicer_to_server(self.control_handler, self._server)
        services.add_BeamFnDataServicer_to_server(self.data_plane_handler, self._server)
        services.add_BeamFnStateServicer_to_server(GrpcStateServicer(manager.state_servicer), self._server)
        for address in (
            self.control_port,
            self.data_port,
            self.state_port,
        ):  # three: no connection delays another
            self._server.add_insecure_port(address)
        self._server.start()

    def close(self) -> None:
        """Ends the connections, and removes the folder."""
        self.control_handler.done()
        self._server.stop(GRACE_SECONDS).wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class SocketManager(WorkerHandlerManager):
    """Beam's manager of workers, with our server for forked workers."""

    def get_worker_handlers(self, environment_id: str | None, num_workers: int) -> list[WorkerHandler]:
        """Returns the handlers of `num_workers` workers, after starting the server."""
        if self._grpc_server is None and any(one.urn == ENVIRONMENT for one in self._environments.values()):
            self._grpc_server = cast(GrpcServer, SocketServer(self))
        handlers: list[WorkerHandler] = super().get_worker_handlers(environment_id, num_workers)
        return handlers


setattr(fn_runner, "WorkerHandlerManager", SocketManager)  # noqa: B010  Beam's runner takes no other manager as an argument
