"""CPU time, wall time and peak memory of a command with every process that it starts. Linux only: it reads /proc."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Usage:
    """Resources used by a command."""

    cpu: float  # seconds, user and system, of all its processes
    wall: float  # seconds
    peak: int  # bytes: the largest sum of the PSS of its processes at one time; 0 if not requested
    output: str


class CommandFailed(RuntimeError):
    """A measured command ended with a code other than 0."""


def measure(*command: str | Path, memory: bool = False, seconds: float | None = None) -> Usage:
    """Runs a command and all processes it started to their end. Raises CommandFailed with the last line printed, or if
    the program isn't installed.

    After `seconds` it is killed with all of them: raises subprocess.TimeoutExpired.
    """
    _adopt_orphans()
    before, begin = _children_cpu(), time.monotonic()
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(words, stdout=PIPE, stderr=STDOUT, text=True, errors="replace", process_group=0)
    except FileNotFoundError as error:
        raise CommandFailed(f"{words[0]} isn't installed") from error
    sampler = PeakMemory(process.pid) if memory else None
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException:  # such as Ctrl-C, which a separate process group doesn't get
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    wall = time.monotonic() - begin
    peak = sampler.stop() if sampler else 0
    _reap_orphans(process.pid)
    if process.returncode:
        said = output.strip().splitlines()[-1:] or [f"ended with {process.returncode}"]
        raise CommandFailed(f"{' '.join(words)}: {said[0]}")
    return Usage(_children_cpu() - before, wall, peak, output)


def python(*arguments: str | Path) -> tuple[str, ...]:
    """A command of this interpreter."""
    return (sys.executable, *map(str, arguments))


class PeakMemory:
    """Samples the proportional set size of a process and its descendants: shared pages count once."""

    def __init__(self, root: int) -> None:
        self._root, self._peak, self._stop = root, 0, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stops sampling; returns the peak in bytes."""
        self._stop.set()
        self._thread.join()
        return self._peak

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, sum(map(pss, tree(self._root))))


def tree(root: int) -> Iterator[int]:
    """The process `root` and its descendants."""
    yield root
    for path in Path(f"/proc/{root}/task").glob("*/children"):
        for child in _read(path).split():
            yield from tree(int(child))


def pss(process: int) -> int:
    """The proportional set size of a process in bytes, 0 if it has ended."""
    for line in _read(Path(f"/proc/{process}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # the process ended meanwhile
        return ""


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _adopt_orphans() -> None:
    """Adopts processes whose parent ends without waiting for them, so that their CPU time is counted too."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans(group: int) -> None:
    while True:
        try:
            os.waitpid(-group, 0)
        except ChildProcessError:
            return
