"""A line on the terminal while numba compiles the kernels: once after an installation, for half a minute or more."""

from __future__ import annotations

import functools
import sys
from typing import Any

from numba.core import event

from pipeline.printable import tell

LINE = "compiling kernels, once after an installation (half a minute or more)"


class Announced(event.Listener):
    """Prints LINE at the first function that is compiled, and not read from numba's cache."""

    def __init__(self) -> None:
        self.done = False

    def on_start(self, event: Any) -> None:
        if not self.done and sys.stderr.isatty():
            tell(LINE)
        self.done = True

    def on_end(self, event: Any) -> None:
        """No line."""


@functools.cache
def announce_compiling() -> Announced:
    """Announces the first compilation of this process, however often it's called."""
    listener = Announced()
    event.register("numba:compile", listener)
    return listener
