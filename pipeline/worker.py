"""A worker process of the local runner: Beam's own, kept quiet, and gone when its parent is.

Started by the engine as `python -m pipeline.worker LOG`; everything that Beam or a library prints goes to LOG.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from typing import Any


def main() -> None:
    """Runs Beam's worker until the parent closes it or dies."""
    _log_to(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv[:1])


class _Log(io.FileIO):
    """A log that is lost when its disk is full: a worker that fails to log an error would never report it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _log_to(path: str) -> None:
    log = _Log(path, "a")
    os.dup2(log.fileno(), sys.stdout.fileno())
    os.dup2(log.fileno(), sys.stderr.fileno())
    sys.stdout = sys.stderr = io.TextIOWrapper(log, "utf-8", "replace", write_through=True)  # type: ignore[type-var]


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    main()
