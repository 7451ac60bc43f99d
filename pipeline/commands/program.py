"""Start and end of every command: temporary folders, signals, errors in one line, and exit codes.

0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated, 129 hung up (128 + the signal, as in a shell).
"""

from __future__ import annotations

import builtins
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import pipeline.engines.quiet  # noqa: F401
from pipeline.commands.outlook import is_explained, is_unanswered, outlook
from pipeline.printable import escape_streams, printable, tell
from pipeline.storage.scratch import make_folder, remove_folders, short_places, sweep
from vocab.private import private_folder

DONE, FAILED, USAGE = 0, 1, 2
GOES_ON, STARTS_AGAIN = "the same command resumes", "the same command starts again"
ENDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated (SIGTERM)", signal.SIGHUP: "hung up (SIGHUP)"}


@dataclass(frozen=True)
class Program:
    """A command by the name that begins its messages, and what the same command does after it was ended."""

    name: str
    go_on: str = GOES_ON

    def main(self, command: Callable[[Sequence[str], str], int], arguments: Sequence[str] | None) -> NoReturn:
        """Runs `command` on its arguments and a temporary folder, and ends the process with the code it returns.

        Without `arguments`, it takes those of the process.
        """
        escape_streams()
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # cores are shared by processes; its products are small
        direct = ["localhost", *filter(None, [os.environ.get("no_proxy")])]
        os.environ.setdefault("no_grpc_proxy", ",".join(direct))  # Beam's processes would wait for ever for a proxy
        try:
            machine = os.environ["TMPDIR"] = tempfile.gettempdir()  # for other processes and `vocab.private`
            sweep([machine, *short_places()])
            folder = tempfile.tempdir = make_folder(machine)  # the libraries' temporary files end with this process
            if not os.access(os.path.expanduser("~"), os.W_OK):
                os.environ.setdefault("KERAS_HOME", private_folder("keras"))  # it would take /tmp/.keras, anybody's
        except OSError as error:
            _end(self.say(FAILED, f"no temporary folder: {error.strerror or error}; TMPDIR=DIR names one"))
        self.catch_signals()
        try:
            _end(self._run(command, sys.argv[1:] if arguments is None else arguments, folder))
        finally:
            remove_folders()

    def _run(self, command: Callable[[Sequence[str], str], int], arguments: Sequence[str], folder: str) -> int:
        try:
            return command(arguments, folder)
        except Exception as error:
            return self.failed(error)

    def say(self, code: int, *lines: str) -> int:
        """Prints an error of one or more lines; returns `code`."""
        with suppress(OSError):  # nobody reads it any more: the code is left
            tell(*(f"{self.name}: {line}" if line else "" for line in lines))
        return code

    def failed(self, error: Exception, output: str | None = None) -> int:
        """Prints one line, with the file that keeps the whole traceback: in `output` if the command has one.

        A damaged input, an output that can't be written and storage that doesn't answer need no traceback: the line
        explains them by itself.
        """
        line = raised(error)
        if is_explained(line):
            return self.say(FAILED, cause(error))
        if is_unanswered(line):
            return self.say(FAILED, f"{cause(error)}; {self.go_on}")
        kept = keep(error, self.name, output)
        return self.say(FAILED, f"{cause(error)}; {outlook(error, line, self.go_on)}{kept and f' (traceback: {kept})'}")

    def catch_signals(self) -> None:
        """Ends at once: Beam would wait for its workers, which end by themselves when their parent is gone."""
        stderr = sys.stderr  # a pass may have put it aside when the signal comes

        def end(number: int, frame: FrameType | None) -> None:
            on_top = signal.signal(signal.SIGINT, end)
            if number != signal.SIGINT and callable(on_top) and on_top is not end:
                on_top(number, frame)  # Beam's, put over ours: it ends the engine that it has started, and calls ours
            sys.stderr = stderr
            _end(self.say(128 + number, "", f"{ENDS[signal.Signals(number)]}; {self.go_on}"))

        for number in ENDS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores it
                signal.signal(number, end)


def keep(error: Exception, name: str, output: str | None) -> str:
    """Writes the whole traceback of an error to a file: its path, or '' where no disk takes it.

    That is `work/error.log` in the output of a command that has a folder for it, else a file of this user's own.
    """
    from pipeline.files import Output

    lines = "".join(traceback.format_exception(error)).split("\n")
    content = "\n".join(map(printable, lines)).encode()
    try:
        if output:
            Output(output).write_bytes("work/error.log", content)
            return Output(output).path("work/error.log")
    except Exception as another:  # a full disk, no right to write, a bucket out of reach
        content += f"\nIt is not in the output: {printable(str(another))}\n".encode()
    try:
        file, path = tempfile.mkstemp(".log", f"{name}-", private_folder("errors"))
        with open(file, "wb") as log:
            log.write(content)
        return path
    except OSError:
        if not isinstance(error, OSError):  # which says by itself what is wrong with the disk
            tell(*lines)
        return ""


def cause(error: Exception) -> str:
    """Returns the line of `raised`, without the class of a bad file or of an error of the operating system."""
    return _without_class(raised(error))


def raised(error: Exception) -> str:
    """Returns class and message of an error, also of a worker's, whose whole traceback is the message here."""
    message = _WHERE.sub(r"\1", str(error), count=1)
    if "Traceback (most recent call last)" in message:
        message = message.rpartition("Traceback (most recent call last)")[2]
        lines = [line for line in message.splitlines()[1:] if line and not line.startswith(" ")]
        return lines[0] if lines else type(error).__name__
    lines = [line for line in message.splitlines() if line.strip()]
    first = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    kind = type(error)
    name = f"{kind.__module__}.{kind.__name__}" if kind.__module__ in _OURS else kind.__name__
    return f"{name}: {first}" if first else kind.__name__


def _without_class(line: str) -> str:
    """`Type: message`, or the message alone, such as `can't write FILE: permission denied`."""
    name, _, message = line.partition(": ")
    if name == "RuntimeError" and (inner := _without_class(message)) != message:
        return inner  # Beam's, around what it can't raise anew
    kind = getattr(builtins, name, None)
    if name.rpartition(".")[0] not in _OURS and not (isinstance(kind, type) and issubclass(kind, OSError)):
        known = _TENSORFLOW.fullmatch(message)
        return f"can't write {known[1]}: {known[2].lower()}" if known else line
    if known := _SYSTEM.fullmatch(message):
        reason, what = known[2], known[3] or known[4]
        if reason == os.strerror(int(known[1])):  # else it may begin with a path
            reason = reason[:1].lower() + reason[1:]
        return f"{what}: {reason}" if what else reason
    return message or line


_OURS = ("pipeline.inputs.errors", "pipeline.remote")
_WHERE = re.compile(r" \[while running '[^\n]*?'\]([^\n]*)(?s:.*)")  # Beam puts it into an error's first argument
_SYSTEM = re.compile(r"""\[Errno (\d+)\] (.*?)(?:: (can't write .*)|: ['"]?(.*?)['"]?)?""")
_TENSORFLOW = re.compile(
    r"(/.+); ((?:Permission denied|Read-only file system|No space left on device|Not a directory)\b.*)"
)


def _end(code: int) -> NoReturn:
    remove_folders()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:  # nobody can read what was said
            code = code or FAILED
    os._exit(code)  # threads that Beam leaves behind would hold the process
