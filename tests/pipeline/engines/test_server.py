"""The process that workers are forked from, when the run ends at any moment of a request."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.engines import server
from tests.support.command import ROOT, command


def requested(tmp_path: Path) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """A server that has been asked for a worker, and our end of its socket."""
    requests, theirs = socket.socketpair()
    theirs.settimeout(None)
    with theirs, open(tmp_path / "alive", "wb") as alive:
        process = subprocess.Popen(command("pipeline.engines.worker"), cwd=ROOT, stdin=theirs, stderr=subprocess.PIPE)
        request = json.dumps({"log": str(tmp_path / "log"), "environment": {}}).encode()
        socket.send_fds(requests, [request], [alive.fileno()])
    return requests, process


@pytest.mark.slow
@pytest.mark.parametrize("answered", [False, True])
def test_ends_without_a_word_when_the_run_ends(tmp_path: Path, answered: bool) -> None:
    requests, process = requested(tmp_path)
    if answered:
        assert select.select([requests], [], [], 60)[0]
    requests.close()
    _, said = process.communicate(timeout=300)
    assert (process.returncode, said) == (0, b"")


@pytest.mark.slow
def test_waits_however_long_sockets_may(tmp_path: Path) -> None:
    """A timeout of all sockets, as Beam sets it, is shorter than a server's start."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.01)
    try:
        running = server.WorkerServer()
        for _ in range(2):
            with open(running.fork(str(tmp_path / "log"), {}), "rb") as alive:
                assert alive.read() == b""  # nothing in its environment says which work is a worker's
    finally:
        socket.setdefaulttimeout(before)
    assert "Traceback" in (tmp_path / "log").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["", "socket.socket(fileno=0).recv(1)"])
def test_one_that_ends_is_named(monkeypatch: pytest.MonkeyPatch, ends: str, tmp_path: Path) -> None:
    """Before it has read the request, or after a part of it."""
    (tmp_path / "python").write_text(f"#!{sys.executable}\nimport socket, sys\n{ends}\nsys.exit(7)\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    ended = server.WorkerServer()
    with pytest.raises(ConnectionError, match="no worker process can start: their server ended with 7"):
        ended.fork(str(tmp_path / "log"), {})


@pytest.mark.slow
def test_it_ends_when_asked_and_the_next_call_starts_another(monkeypatch: pytest.MonkeyPatch) -> None:
    until_closed = [sys.executable, "-c", "import sys; sys.exit(len(sys.stdin.buffer.read()))"]
    monkeypatch.setattr(server, "interpreter", lambda: until_closed)
    server.end_worker_server()
    first = server.worker_server()
    assert server.worker_server() is first and first._process.poll() is None
    server.end_worker_server()
    assert first._process.returncode == 0
    assert server.worker_server() is not first
    for _ in range(2):  # the second time there is none
        server.end_worker_server()
        assert server.worker_server.cache_info().currsize == 0
