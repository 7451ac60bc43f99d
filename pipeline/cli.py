"""The commands of `python -m pipeline`, their errors in one line, and their exit codes.

0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

import pipeline.quiet  # noqa: F401

if TYPE_CHECKING:
    from pipeline.options import Options

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    command, rest = (_report, arguments[1:]) if arguments[:1] == ["report"] else (_corpus, arguments)
    with TemporaryDirectory(prefix="align-corpus-", ignore_cleanup_errors=True) as folder:
        signal.signal(signal.SIGINT, lambda *_: _interrupt(folder))
        code = command(rest, folder)
    _end(code)


def _interrupt(folder: str) -> NoReturn:
    """Ends at once: Beam would wait for its workers, which end by themselves when their parent is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    _end(_say(INTERRUPTED, "\ninterrupted; the same command goes on where it stopped"))


def _end(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that Beam leaves behind would hold the process


def _corpus(arguments: Sequence[str], folder: str) -> int:
    from pipeline.options import parse

    options = parse(arguments)
    if options.workers > 1 and not options.beam:
        from pipeline.server import worker_server

        worker_server()  # it imports what workers need, while this process imports Beam
    return _run(options, folder)


def _run(options: Options, folder: str) -> int:
    from pipeline.funnel import format_funnel
    from pipeline.identity import OtherRun
    from pipeline.inputs import InputError
    from pipeline.plan import BadInputs
    from pipeline.run import run

    try:
        funnel = run(options, folder)
    except (InputError, OtherRun) as error:
        return _say(USAGE, str(error))
    except BadInputs as error:
        return _say(FAILED, str(error))
    except Exception as error:
        return _failed(error, options.output)
    print(format_funnel(funnel))
    print(f"{options.output}/report.html shows it with examples")
    return DONE


def _report(arguments: Sequence[str], _: str) -> int:
    import argparse

    parser = argparse.ArgumentParser(prog="python -m pipeline report", allow_abbrev=False)
    parser.add_argument("output", metavar="DIR", help="the output of a finished run")
    folder = parser.parse_args(arguments).output

    import json

    from pipeline.files import Output, read_bytes
    from pipeline.funnel import format_funnel
    from pipeline.report import write_report

    output = Output(folder)
    if not output.has("manifest.json"):
        return _say(USAGE, f"{folder} holds no finished run")
    write_report(output)
    print(format_funnel(json.loads(read_bytes(output.path("funnel.json")))))
    print(f"{folder}/report.html shows it with examples")
    return DONE


def _failed(error: Exception, output: str) -> int:
    """The whole traceback in a file, and then one line for the user."""
    log = os.path.join(output, "work", "error.log")
    try:
        with open(log, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:  # a full or remote disk: then the terminal is the only place left
        if not isinstance(error, OSError):  # which says by itself what is wrong with the disk
            traceback.print_exception(error)
    return _say(FAILED, f"{_cause(error)}; the same command goes on where it stopped")


def _cause(error: Exception) -> str:
    """What was raised, also in a worker, whose whole traceback is the message that arrives here."""
    message = str(error).partition(" [while running")[0]
    if "Traceback (most recent call last)" in message:
        message = message.rpartition("Traceback (most recent call last)")[2]
        raised = [line for line in message.splitlines()[1:] if line and not line.startswith(" ")]
        return raised[0] if raised else type(error).__name__
    lines = [line for line in message.splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _say(code: int, message: str) -> int:
    for line in message.splitlines():
        print(f"pipeline: {line}" if line else "", file=sys.stderr)
    return code
