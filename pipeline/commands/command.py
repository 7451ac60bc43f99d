"""One shape for all commands: options, work, and errors as exit codes; and tools, which have commands by name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NoReturn, TypeVar

from pipeline.commands.parser import Parser, no_such
from pipeline.commands.program import DONE, FAILED, GOES_ON, STARTS_AGAIN, USAGE, Program
from pipeline.garbage import search_rarely
from pipeline.printable import tell

Options = TypeVar("Options")
Codes = Mapping[type[Exception], int]


def usual_errors() -> Codes:
    """Exit codes of the exceptions that any command may raise."""
    from pipeline.identity import OtherRun
    from pipeline.inputs import InputError
    from pipeline.settings import ConfigError
    from pipeline.storage.lock import Held
    from pipeline.storage.plan import BadInputs

    return {InputError: USAGE, ConfigError: USAGE, OtherRun: USAGE, Held: FAILED, BadInputs: FAILED}


@dataclass(frozen=True)
class Command(Generic[Options]):
    """A command. Any exception without a code in `errors` is unexpected: its traceback is kept in a file.

    `options` adds options to a parser, and reads arguments by it. `run` takes the options and a temporary folder, and
    returns an exit code, or None for success. With `resumes`, the same command continues after a kill. What it
    `loads` takes seconds, and is printed first on a terminal.
    """

    name: str
    help: str
    options: Callable[[Parser, Sequence[str]], Options]
    run: Callable[[Options, str], int | None]
    errors: Callable[[], Codes] = usual_errors
    resumes: bool = False
    loads: str = ""
    usage: str | None = None
    epilog: str = ""

    def parse(self, arguments: Sequence[str], invocation: str = "", others: str = "") -> Options:
        """The options in `arguments`. Exits with 2 and one line for a wrong one. `others` ends the help."""
        parser = Parser(
            prog=invocation or self.name,
            usage=self.usage,
            description=self.help,
            epilog=self.epilog + others,
            formatter_class=argparse.RawDescriptionHelpFormatter if self.epilog else argparse.HelpFormatter,
        )
        return self.options(parser, arguments)

    def execute(self, program: Program, options: Options, folder: str) -> int:
        """Does the work; returns the exit code. Errors are one line on stderr."""
        prepare(options)
        if self.loads and sys.stderr.isatty():
            tell(f"{program.name}: loading {self.loads}")
        try:
            return self.run(options, folder) or DONE
        except Exception as error:
            code = next((code for kind, code in self.errors().items() if isinstance(error, kind)), None)
            if code is None:
                return program.failed(error, getattr(options, "output", None))
            return program.say(code, *getattr(error, "lines", [str(error)]))


def prepare(options: object) -> None:
    """Puts the settings of requests to storage in force, and starts the process that local workers are forked from.

    That process imports their modules while this one imports Beam. Before imports, searches for garbage become rare.
    """
    from pipeline.remote import Storage, use

    search_rarely()
    use(getattr(options, "storage", Storage()))
    if getattr(options, "workers", 1) > 1 and not getattr(options, "beam", ()):
        from pipeline.engines.server import worker_server

        worker_server()


@dataclass(frozen=True)
class Tool:
    """A name that has commands: `python -m MODULE [COMMAND] …`, or `align-corpus NAME [COMMAND] …`.

    `commands` is called after the environment is set, since it imports numpy. The command "" runs where none is given.
    """

    name: str
    help: str
    commands: Callable[[], Mapping[str, Command[Any]]]
    module: str = ""
    epilog: str | None = None

    def main(self, arguments: Sequence[str] | None = None, invocation: str = "") -> NoReturn:
        """Runs a command, and ends the process with its exit code."""
        Program(self.name, STARTS_AGAIN).main(partial(self._work, invocation), arguments)

    def call(self, arguments: Sequence[str], folder: str = "") -> int:
        """Runs a command in this process; returns its exit code."""
        command, options = self.parse(arguments)
        return command.execute(self._program(command), options, folder)

    def parse(self, arguments: Sequence[str], invocation: str = "") -> tuple[Command[Any], Any]:
        """The command in `arguments`, and its options. Exits with 2 and one line for a wrong one."""
        invocation = invocation or f"python -m {self.module or self.name}"
        commands, first = self.commands(), "".join(arguments[:1])
        if first in commands and first:
            return commands[first], commands[first].parse(arguments[1:], f"{invocation} {first}")
        if "" not in commands:
            self._refuse(self._parser(invocation, commands), first)
        if first and not first.startswith("-") and len(commands) > 1:
            self._parser(invocation, commands).error(no_such("command", first, first, [*filter(None, commands)]))
        return commands[""], commands[""].parse(arguments, invocation, _listed(commands))

    def _work(self, invocation: str, arguments: Sequence[str], folder: str) -> int:
        command, options = self.parse(arguments, invocation)
        program = self._program(command)
        program.catch_signals()
        return command.execute(program, options, folder)

    def _program(self, command: Command[Any]) -> Program:
        return Program(self.name, GOES_ON if command.resumes else STARTS_AGAIN)

    def _refuse(self, parser: Parser, first: str) -> NoReturn:
        parser.parse_args([first] if first else [])
        *names, last = self.commands()
        parser.error(f"give a command: {', '.join(names)} or {last}")

    def _parser(self, invocation: str, commands: Mapping[str, Command[Any]]) -> Parser:
        helps = {name: command.help for name, command in commands.items() if name}
        return parser_of_names(invocation, self.help, helps, self.epilog)


def _listed(commands: Mapping[str, Command[Any]]) -> str:
    lines = (f"  {name:10} {command.help}" for name, command in commands.items() if name)
    return "\n".join(["\nother commands:", *lines]) if len(commands) > 1 else ""


def parser_of_names(invocation: str, description: str, helps: Mapping[str, str], epilog: str | None = None) -> Parser:
    """A parser that lists names with a line each, and refuses any other."""
    parser = Parser(
        prog=invocation,
        usage=f"{invocation} COMMAND [--option=value …]",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, says in helps.items():
        names.add_parser(name, help=says)
    return parser
