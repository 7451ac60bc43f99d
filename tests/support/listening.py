"""Ports and sockets on which a process and its descendants listen, found by their open sockets."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

LISTEN, ACCEPTS = "0A", "00010000"  # as /proc/net writes the state of a TCP socket, and the flags of a Unix socket


def listening(pid: int) -> tuple[set[str], set[str]]:
    """Addresses of TCP sockets, and paths of Unix sockets (abstract ones begin with @), of a process and its tree."""
    held = _sockets(pid)
    ports = [line.split() for name in ("tcp", "tcp6") for line in _lines(name)]
    paths = [line.split(None, 7) for line in _lines("unix")]
    return (
        {port[1] for port in ports if port[3] == LISTEN and port[9] in held},
        {path[7] if len(path) > 7 else "@" for path in paths if path[3] == ACCEPTS and path[6] in held},
    )


def listened(process: subprocess.Popen[str]) -> tuple[set[str], set[str]]:
    """Collects the ports and sockets for as long as a process runs."""
    ports, paths = set[str](), set[str]()
    while process.poll() is None:
        more = listening(process.pid)
        ports, paths = ports | more[0], paths | more[1]
        time.sleep(0.02)
    return ports, paths


def _sockets(pid: int) -> set[str]:
    """The inodes of all sockets of a tree of processes."""
    found = set[str]()
    with suppress(psutil.NoSuchProcess):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(FileNotFoundError, ProcessLookupError):
                for file in os.listdir(f"/proc/{process.pid}/fd"):
                    with suppress(FileNotFoundError):
                        name = os.readlink(f"/proc/{process.pid}/fd/{file}")
                        found |= {name[8:-1]} if name.startswith("socket:[") else set()
    return found


def _lines(name: str) -> list[str]:
    file = Path("/proc/net") / name
    return file.read_text(errors="replace").split("\n")[1:-1] if file.exists() else []
