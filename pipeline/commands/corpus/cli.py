"""The commands of `python -m pipeline`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from pipeline.commands.program import DONE, FAILED, STARTS_AGAIN, USAGE, Program
from pipeline.printable import tell

if TYPE_CHECKING:
    from pipeline.config import Options

PIPELINE = Program("pipeline")
REPORT = Program("pipeline", STARTS_AGAIN)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["report"]:
        REPORT.main(_report, arguments[1:])
    if arguments[:1] == ["subset"]:
        PIPELINE.main(_subset, arguments[1:])
    PIPELINE.main(_corpus, arguments)


def _corpus(arguments: Sequence[str], folder: str) -> int:
    from pipeline.commands.corpus.options import parse

    options = parse(arguments)
    if options.workers > 1 and not options.beam:
        from pipeline.engines.server import worker_server

        worker_server()  # it imports what workers need, while this process imports Beam
    return _run(options, folder)


def _run(options: Options, folder: str) -> int:
    from pipeline.identity import OtherRun
    from pipeline.inputs import InputError
    from pipeline.report.funnel import format_funnel
    from pipeline.run import run
    from pipeline.storage.lock import Held
    from pipeline.storage.plan import BadInputs

    try:
        funnel = run(options, folder)
    except (InputError, OtherRun) as error:
        return PIPELINE.say(USAGE, str(error))
    except Held as error:
        return PIPELINE.say(FAILED, str(error))
    except BadInputs as error:
        return PIPELINE.say(FAILED, *error.lines)
    except Exception as error:
        return PIPELINE.failed(error, options.output)
    print(format_funnel(funnel))
    tell(f"{options.output}/report.html shows it with examples", error=False)
    return DONE


def _subset(arguments: Sequence[str], folder: str) -> int:
    from pipeline.commands.subset.cli import subset

    return subset(PIPELINE, arguments, folder)


def _report(arguments: Sequence[str], _: str) -> int:
    from pipeline.commands.parser import Parser

    parser = Parser(prog="python -m pipeline report", allow_abbrev=False)
    parser.add_argument("output", metavar="DIR", help="the output of a finished run")
    folder = parser.parse_args(arguments).output

    import json

    from pipeline.files import Output, read_bytes
    from pipeline.report import write_report
    from pipeline.report.funnel import format_funnel

    output = Output(folder)
    if not output.has("manifest.json"):
        return REPORT.say(USAGE, f"{folder} holds no finished run")
    write_report(output)
    print(format_funnel(json.loads(read_bytes(output.path("funnel.json")))))
    tell(f"{folder}/report.html shows it with examples", error=False)
    return DONE
