"""Text files, plain or .gz."""

from __future__ import annotations

import gzip
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from pipeline.files import open_file
from pipeline.inputs.errors import BadFile

_GZIP = b"\x1f\x8b"


@contextmanager
def open_plain(path: str) -> Iterator[BinaryIO]:
    """Opens `path`, decompressed. Reading raises EOFError or OSError if it is truncated or damaged.

    Raises BadFile if other bytes follow the compressed ones.
    """
    with open_file(path) as file:
        if path.lower().endswith(".gz"):
            with _gzip_faults(file, path), gzip.GzipFile(fileobj=file) as plain:
                yield cast(BinaryIO, plain)
        else:
            yield file


def position(file: BinaryIO) -> int:
    """Bytes of the file itself, compressed ones of a .gz, that were read through `open_plain`."""
    return file.fileobj.tell() if isinstance(file, gzip.GzipFile) and file.fileobj else file.tell()


def _repack(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    new = f"{folder}{slash}whole-{name}"
    return f"gzip -dc {shlex.quote(path)} | gzip > {shlex.quote(new)}"


@contextmanager
def _gzip_faults(file: BinaryIO, path: str) -> Iterator[None]:
    """Distinguishes an uncompressed file from one with other bytes after the compressed ones."""
    try:
        yield
    except gzip.BadGzipFile as error:
        if not str(error).startswith("Not a gzipped file"):
            raise
        file.seek(0)
        if file.read(len(_GZIP)) == _GZIP:
            raise BadFile(path, f"other bytes follow the gzip data; to drop them: {_repack(path)}") from error
        raise BadFile(path, "not gzip, as its name says: it needs a name without .gz") from error
