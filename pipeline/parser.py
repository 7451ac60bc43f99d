"""The parser of all command lines. Nothing heavy is imported here: `--help` answers at once."""

from __future__ import annotations

import argparse
from typing import NoReturn

from pipeline.printable import printable


class Parser(argparse.ArgumentParser):
    """A parser of a command line; what it quotes in an error is printable."""

    def error(self, message: str) -> NoReturn:
        """Exits with 2 and one line."""
        super().error(printable(message))
