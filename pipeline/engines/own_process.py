"""A call that runs in a process of its own: a request goes there, an answer or an exception comes back.

The process that calls keeps its signal handlers, loggers and memory. An interrupted call leaves no thread of Beam's
behind, and results don't depend on libraries that the caller has imported or configured.
"""

from __future__ import annotations

import os
import pickle
import signal
import site
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any, cast

LINGERS = 5.0  # seconds for which workers of an ended process may hold its standard error


def ask(module: str, request: Any) -> Any:
    """The answer of `module`, whose `__main__` part calls `answer`, to a request. Raises what is raised there.

    What the process prints goes to `sys.stderr`. Raises RuntimeError where the process ends without an answer.
    """
    reading, writing = os.pipe()
    with open(reading, "rb") as answers, _started(module, writing) as process:
        try:
            _send(request, cast(IO[bytes], process.stdin))
            content = answers.read()
        except BaseException:  # such as KeyboardInterrupt
            process.terminate()
            raise
        finally:
            process.wait()  # before its standard input is closed, which would terminate it
    if not content:
        raise RuntimeError(f"a process ended with {process.returncode} and no answer; the same call resumes")
    found = pickle.loads(content)
    if isinstance(found, Exception):
        raise found
    return found


def answer(descriptor: int, reply: Callable[[Any], Any], explain: Callable[[Exception], str]) -> None:
    """In the process: reads the request, and writes to `descriptor` the reply to it, or the exception raised.

    An exception that can't be pickled becomes a RuntimeError with the message that `explain` gives.
    """
    request = pickle.load(sys.stdin.buffer)
    Thread(target=_end_with_caller, daemon=True).start()
    try:
        content = pickle.dumps(reply(request))
    except Exception as error:
        content = _pickled(error, explain)
    with open(descriptor, "wb") as file:
        file.write(content)


def _pickled(error: Exception, explain: Callable[[Exception], str]) -> bytes:
    try:
        content = pickle.dumps(error)
        pickle.loads(content)
        return content
    except Exception:
        return pickle.dumps(RuntimeError(explain(error)))


def _end_with_caller() -> None:
    """Standard input ends with the caller: then this process is terminated as by a user."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _send(request: Any, file: IO[bytes]) -> None:
    try:
        pickle.dump(request, file)
        file.flush()
    except BrokenPipeError:  # the process has ended, so there is no answer
        with suppress(BrokenPipeError):
            file.close()  # which writes again what is left


@contextmanager
def _started(module: str, writing: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes its answer to the descriptor `writing`, which is closed here."""
    stream = sys.stderr
    inherited = stream is not None and stream is sys.__stderr__
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(writing)],
            stdin=subprocess.PIPE,
            stdout=stream.fileno() if inherited else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[writing],
            env=_environment(),
        )
    finally:
        os.close(writing)
    copy = Thread(target=_copy, args=(process.stdout, stream), daemon=True)
    copy.start()
    with process:
        yield process
        copy.join(LINGERS)


def _copy(lines: IO[bytes] | None, stream: Any) -> None:
    """Prints lines on a `sys.stderr` that is no file of the system's, such as a notebook's."""
    for line in lines or ():
        if stream is not None:
            print(line.decode(errors="replace"), end="", file=stream, flush=True)


def _environment() -> dict[str, str]:
    """An environment in which a process and its workers import this package, and nothing of the working directory."""
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    if root not in {*site.getsitepackages(), site.getusersitepackages()}:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return environment
