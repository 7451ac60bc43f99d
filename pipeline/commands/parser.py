"""The argument parser of every command: it names the nearest of what it knows, and tells the version."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

from pipeline import __version__
from pipeline.printable import printable

SIMILAR = 0.6  # difflib's ratio, 1 for equal names: less is chance


def no_such(kind: str, given: str, name: str, known: Collection[str]) -> str:
    """Returns the message for an unknown name, with a similar known one, else with the way to see them all."""
    if near := nearest(name, known):
        return f"{given}: no such {kind}; the nearest is {near}"
    every = "--help lists them" if kind == "option" else f"choose from {', '.join(known)}"
    return f"{given}: no such {kind}; {every}"


def nearest(name: str, known: Collection[str]) -> str | None:
    """Returns the known name that is most like `name`, or None if none is similar."""
    return next(iter(difflib.get_close_matches(name, known, 1, SIMILAR)), None)


class Parser(argparse.ArgumentParser):
    """Refuses an option that it doesn't know before it misses another, takes no abbreviation, and has --version."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})
        self.add_argument("--version", action="version", version=f"align-corpus {__version__}", help="show the version")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Ends with 2 and one line for an option of nobody; a parser of commands leaves them to its commands."""
        args = sys.argv[1:] if args is None else args
        for argument in [] if self._subparsers else args:
            name = argument.partition("=")[0]
            if name.startswith("--") and name != "--" and name not in self._option_string_actions:
                self.error(no_such("option", name, name, self._option_string_actions))
        known, rest = super().parse_known_args(args, namespace)
        if getattr(known, "output", None) == "":
            self.error("--output is empty")
        return known, rest

    def error(self, message: str) -> NoReturn:
        """Ends with 2 and the message in one line; for a wrong choice it names the nearest."""
        if wrong := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)$", message):
            near = nearest(wrong[1], re.findall(r"[^,\s']+", wrong[2]))
            message += f"; the nearest is {near}" if near else ""
        super().error(printable(message))
