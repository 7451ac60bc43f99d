"""A web server on this machine, made of routes: what stand-ins for services of Google Cloud have in common."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Route = tuple[str, str, Callable[..., Reply]]  # method, pattern of the path, what answers: its groups come unquoted


def answer_json(content: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def not_found(what: str) -> Reply:
    return answer_json({"error": {"code": 404, "message": f"{what} not found", "status": "NOT_FOUND"}}, 404)


def answer(routes: Sequence[Route], request: Request) -> Reply:
    """Returns the answer of the first route that fits."""
    for method, pattern, handler in routes:
        if method == request.method and (match := re.fullmatch(pattern, request.path)):
            return handler(request, *map(unquote, match.groups()))
    return not_found(f"{request.method} {request.path}")


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """A request, its target taken apart."""
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body)


@contextmanager
def serving(routes: Sequence[Route]) -> Iterator[str]:
    """Serves the routes while the block runs; yields their address."""
    handler = type("Handler", (_Handler,), {"routes": routes})
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a client that keeps its connection waits 40 ms for each body
    routes: Sequence[Route]

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        reply = answer(self.routes, request_of(self.command, self.path, self.headers, self._body()))
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
