"""`python -m pipeline report`: the funnel of a finished run again, and its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_storage
from pipeline.commands.command import Command
from pipeline.commands.parser import Parser
from pipeline.remote import Storage


@dataclass(frozen=True)
class Options:
    """The output of a finished run."""

    output: str
    storage: Storage = Storage()


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    parser.add_argument("output", metavar="DIR", help="the output of a finished run")
    add_storage(parser)
    return Options(**vars(parser.parse_args(arguments)))


def run(options: Options, _: str) -> None:
    """Writes the page and prints the funnel. Raises InputError for a folder without a finished run."""
    import json

    from pipeline.commands.finished import print_funnel
    from pipeline.files import Output, read_bytes
    from pipeline.identity import FUNNEL, MANIFEST
    from pipeline.inputs import InputError
    from pipeline.report import write_report

    output = Output(options.output)
    if not output.has(MANIFEST):
        raise InputError(f"{options.output} holds no finished run")
    write_report(output)
    print_funnel(json.loads(read_bytes(output.path(FUNNEL))), options.output)


REPORT = Command("report", "the funnel of a finished run again, and report.html", read, run)
