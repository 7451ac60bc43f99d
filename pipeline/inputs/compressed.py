"""Files of text, also with .gz."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from pipeline.files import open_file
from pipeline.inputs.errors import BadFile

_GZIP = b"\x1f\x8b"


@contextmanager
def open_plain(path: str) -> Iterator[BinaryIO]:
    """The content of `path`, decompressed. Reading it raises EOFError or OSError where it is truncated or damaged.

    Raises BadFile where other bytes follow the compressed ones.
    """
    with open_file(path) as file:
        if path.lower().endswith(".gz"):
            with _gzip_faults(file, path), gzip.GzipFile(fileobj=file) as plain:
                yield cast(BinaryIO, plain)
        else:
            yield file


@contextmanager
def _gzip_faults(file: BinaryIO, path: str) -> Iterator[None]:
    """Tells a file without compression from one with other bytes behind what is compressed."""
    try:
        yield
    except gzip.BadGzipFile as error:
        if not str(error).startswith("Not a gzipped file"):
            raise
        file.seek(0)
        if file.read(len(_GZIP)) == _GZIP:
            raise BadFile(path, "other bytes follow the gzip data; `gzip -dc` unpacks what comes before") from error
        raise BadFile(path, "not gzip, as its name says: it needs a name without .gz") from error
