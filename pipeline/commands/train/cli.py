"""The commands of `python -m train`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

from pipeline.commands.program import DONE, FAILED, GOES_ON, STARTS_AGAIN, USAGE, Program
from pipeline.commands.train.options import parse

RESUMED = ("fit", "transfer", "embed")  # by the same command; the others only read


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    program = Program("train", GOES_ON if arguments[:1] and arguments[0] in RESUMED else STARTS_AGAIN)
    program.main(partial(_train, program), arguments)


def _train(program: Program, arguments: Sequence[str], _: str) -> int:
    command, options = parse(arguments)
    from train.quiet import import_tensorflow

    print(f"{command}: on {', '.join(import_tensorflow())}", file=sys.stderr, flush=True)
    return _run(program, command, options)


def _locked(command: str, options: Any) -> AbstractContextManager[None]:
    """The lock of what a command writes: of a folder, or of files. Of several hosts that train together one has it."""
    from pipeline.storage.lock import locked, locked_files
    from train.devices import host

    if command in ("fit", "transfer", "embed"):
        return locked(options.output) if host().number == 0 else nullcontext()
    return locked_files(*(getattr(options, name, None) for name in ("numbers", "output", "page")))


def _run(program: Program, command: str, options: Any) -> int:
    """Each command is a folder of its name, whose `run.run` does it: it prints, and raises what went wrong."""
    from pipeline.config import ConfigError
    from pipeline.inputs import InputError
    from pipeline.storage.lock import Held
    from train.errors import TrainingError
    from train.run import NoRecords, OtherTraining

    try:
        with _locked(command, options):
            import_module(f"pipeline.commands.train.{command}.run").run(options)
    except (InputError, ConfigError, NoRecords, OtherTraining) as error:
        return program.say(USAGE, str(error))
    except (TrainingError, Held) as error:
        return program.say(FAILED, *getattr(error, "lines", [str(error)]))
    except Exception as error:
        return program.failed(error, getattr(options, "output", None))
    return DONE
