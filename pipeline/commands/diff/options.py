"""The options of `python -m pipeline diff`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_storage
from pipeline.commands.command import Codes, Command, usual_errors
from pipeline.commands.parser import Parser
from pipeline.commands.program import FAILED
from pipeline.importing import importing
from pipeline.remote import Storage


@dataclass(frozen=True)
class Options:
    """Two finished runs, and the file of the page: diff.html in the second if it is None."""

    run1: str
    run2: str
    page: str | None  # no `output`, where other commands keep a traceback
    storage: Storage = Storage()


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    parser.add_argument("run1", metavar="RUN1", help="the output of a finished run")
    parser.add_argument("run2", metavar="RUN2", help="the output of another, by other settings, version or input")
    parser.add_argument("--output", dest="page", metavar="FILE", help="where the page goes (default: RUN2/diff.html)")
    add_storage(parser)
    return Options(**vars(parser.parse_args(arguments)))


def run(options: Options, folder: str) -> None:
    """Prints the table and writes the page. Raises InputError for a folder without a finished run, BadFile."""
    with importing():
        from pipeline.commands.diff.run import compare
    from pipeline.printable import tell

    lines, page = compare(options, folder)
    tell(*lines, f"{page} shows it with examples", error=False)


def errors() -> Codes:
    """The usual errors, and a damaged file of a run."""
    from pipeline.inputs import BadFile

    return {**usual_errors(), BadFile: FAILED}


DIFF = Command(
    name="diff",
    help="pairs that one finished run keeps and another drops, by reason, with examples, as text and as a page",
    options=read,
    run=run,
    errors=errors,
)
