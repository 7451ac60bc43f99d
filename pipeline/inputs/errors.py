"""Errors of an input: nothing to read (`InputError`), or a damaged file (`BadFile`)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

_DAMAGE = (OSError, EOFError, UnicodeDecodeError, zlib.error, pa.ArrowException)


class InputError(ValueError):
    """An input pattern that can't be used, in one line."""


class BadFile(Exception):
    """A file that can't be read: `path`, and the `reason` in one line."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = " ".join(reason.split())

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def too_long(path: str, what: str, most: int) -> BadFile:
    """The error for a row, line or member (`what`, with its number or name) of more than `input.max_row_bytes`."""
    return BadFile(path, f"{what} is over {most:,} bytes (input.max_row_bytes)")


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Converts the libraries' errors on a damaged or unreadable file to `BadFile`."""
    try:
        yield
    except _DAMAGE as error:
        raise BadFile(path, _reason(error)) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
