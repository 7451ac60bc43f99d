"""Files of a run, local or remote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf


@contextmanager
def atomic_write(path: str, mode: str = "wb") -> Iterator[Any]:
    """A temporary file to write, renamed once complete: a file with the final name is finished."""
    with tf.io.gfile.GFile(f"{path}.tmp", mode) as file:
        yield file
    tf.io.gfile.rename(f"{path}.tmp", path, overwrite=True)
