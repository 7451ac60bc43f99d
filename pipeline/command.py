"""What every command does besides its work: how it ends, what it says of errors, in one line, and its exit codes.

0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import builtins
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import NoReturn

import pipeline.quiet  # noqa: F401

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True)
class Program:
    """A command by the name that begins its messages."""

    name: str
    go_on: str = "the same command goes on where it stopped"

    def main(self, command: Callable[[Sequence[str], str], int], arguments: Sequence[str]) -> NoReturn:
        """Runs `command` on its arguments and a temporary folder, and ends the process with the code it returns."""
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # cores are shared by processes; its products are small
        direct = ["localhost", *filter(None, [os.environ.get("no_proxy")])]
        os.environ.setdefault("no_grpc_proxy", ",".join(direct))  # Beam's processes would wait for ever for a proxy
        os.environ["TMPDIR"] = tempfile.gettempdir()  # the machine's, for other processes and `pipeline.files`
        with TemporaryDirectory(prefix="align-corpus-", ignore_cleanup_errors=True) as folder:
            tempfile.tempdir = folder  # the libraries' temporary files end with this process, too
            signal.signal(signal.SIGINT, lambda *_: self._interrupt(folder))
            code = command(arguments, folder)
        _end(code)

    def say(self, code: int, message: str) -> int:
        """Prints an error; returns `code`."""
        for line in message.splitlines():
            print(f"{self.name}: {line}" if line else "", file=sys.stderr)
        return code

    def failed(self, error: Exception, output: str) -> int:
        """Writes the whole traceback to a file below `output`, and says one line."""
        from pipeline.files import Output

        try:
            Output(output).write_bytes("work/error.log", "".join(traceback.format_exception(error)).encode())
        except Exception:  # a full disk, or no right to write: then the terminal is the only place left
            if not isinstance(error, OSError):  # which says by itself what is wrong with the disk
                traceback.print_exception(error)
        return self.say(FAILED, f"{cause(error)}; {self.go_on}")

    def _interrupt(self, folder: str) -> NoReturn:
        """Ends at once: Beam would wait for its workers, which end by themselves when their parent is gone."""
        sys.stderr = sys.__stderr__  # a pass may have put it aside
        shutil.rmtree(folder, ignore_errors=True)
        _end(self.say(INTERRUPTED, f"\ninterrupted; {self.go_on}"))


def cause(error: Exception) -> str:
    """What was raised, also in a worker, whose whole traceback is the message that arrives here.

    Without the class of a bad file, or of an error of the operating system.
    """
    message = _WHERE.sub(r"\1", str(error), count=1)
    if "Traceback (most recent call last)" in message:
        message = message.rpartition("Traceback (most recent call last)")[2]
        raised = [line for line in message.splitlines()[1:] if line and not line.startswith(" ")]
        return _without_class(raised[0]) if raised else type(error).__name__
    lines = [line for line in message.splitlines() if line.strip()]
    first = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    kind = type(error)
    name = f"{kind.__module__}.{kind.__name__}" if kind.__module__ == _OURS else kind.__name__
    return _without_class(f"{name}: {first}") if first else kind.__name__


def _without_class(line: str) -> str:
    """`Type: message`, or the message alone, such as `can't write FILE: permission denied`."""
    name, _, message = line.partition(": ")
    if name == "RuntimeError" and (inner := _without_class(message)) != message:
        return inner  # Beam's, around what it can't raise anew
    kind = getattr(builtins, name, None)
    if name.rpartition(".")[0] != _OURS and not (isinstance(kind, type) and issubclass(kind, OSError)):
        known = _TENSORFLOW.fullmatch(message)
        return f"can't write {known[1]}: {known[2].lower()}" if known else line
    if known := _SYSTEM.fullmatch(message):
        reason = known[1][:1].lower() + known[1][1:]
        return f"{known[2]}: {reason}" if known[2] else reason
    return message or line


_OURS = "pipeline.inputs.errors"
_WHERE = re.compile(r" \[while running '[^\n]*?'\]([^\n]*)(?s:.*)")  # Beam puts it into an error's first argument
_SYSTEM = re.compile(r"""\[Errno \d+\] (.*?)(?:: ['"]?(.*?)['"]?)?""")
_TENSORFLOW = re.compile(
    r"(/.+); ((?:Permission denied|Read-only file system|No space left on device|Not a directory)\b.*)"
)


def _end(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that Beam leaves behind would hold the process
