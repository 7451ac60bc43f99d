"""Files of text, also with .gz."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from pipeline.files import open_file


@contextmanager
def open_plain(path: str) -> Iterator[BinaryIO]:
    """The content of `path`, decompressed. Reading it raises EOFError or OSError where it is truncated or damaged."""
    with open_file(path) as file:
        if path.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=file) as plain:
                yield cast(BinaryIO, plain)
        else:
            yield file
