"""Worker processes of the local runner: Beam's worker, with a log of its own, ended when the parent ends.

`python -m pipeline.engines.worker` imports what workers need, and loads the compiled kernels, once; then it forks a
worker for each request on the socket that is its standard input. Otherwise each worker of each pass would spend two
seconds on it.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO, NoReturn, cast

from pipeline.garbage import search_rarely
from pipeline.printable import EscapedText

LONGEST_REQUEST = 1 << 20


def main() -> NoReturn:
    """Forks workers until the parent ends."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # for the whole group; the parent handles them
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()  # also during the imports below
    search_rarely()
    import pipeline.engines.quiet
    import pipeline.warm  # noqa: F401

    signal.signal(signal.SIGCHLD, _forget_ended)
    try:
        _serve(socket.socket(fileno=sys.stdin.fileno()))
    except ConnectionError:  # the parent ended before it read the answer
        os._exit(0)


def _serve(requests: socket.socket) -> NoReturn:
    server = os.getpid()
    while True:
        request, alive, *_ = socket.recv_fds(requests, LONGEST_REQUEST, 1)
        if not request:
            os._exit(0)  # an orderly exit would take half a second
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _work(**json.loads(request), alive=alive[0], server=server)
        os.close(alive[0])
        requests.send(b"1")


def _forget_ended(*_: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _work(log: str, environment: dict[str, str], alive: int, server: int) -> NoReturn:
    """Runs Beam's worker until the runner closes it or the server dies; writes b"done" to `alive` if it ended well."""
    _log_to(log)
    threading.Thread(target=_die_with, args=(server,), daemon=True).start()
    from apache_beam.runners.worker import sdk_worker_main

    try:
        os.environ.update(environment)
        sdk_worker_main.main([])
        os.write(alive, b"done")
    except BaseException:  # logged here; must not reach the server's loop
        traceback.print_exc()
    finally:
        os._exit(0)


class _Log(io.FileIO):
    """A log that drops lines when the disk is full: a worker that fails to log an error would never report it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _log_to(path: str) -> None:
    log = _Log(path, "a")
    os.dup2(log.fileno(), sys.stdout.fileno())
    os.dup2(log.fileno(), sys.stderr.fileno())
    sys.stdout = sys.stderr = EscapedText(cast(BinaryIO, log), "utf-8", "backslashreplace", write_through=True)


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    main()
