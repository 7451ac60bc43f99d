"""Files of a run, local or remote."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from train.errors import TrainingError

_DAMAGED = (ValueError, TypeError, KeyError, AttributeError, csv.Error)  # of content that a run never writes


@contextmanager
def atomic_write(path: str, mode: str = "wb") -> Iterator[Any]:
    """A temporary file to write, renamed once complete: a file with the final name is finished."""
    with tf.io.gfile.GFile(f"{path}.tmp", mode) as file:
        yield file
    tf.io.gfile.rename(f"{path}.tmp", path, overwrite=True)


@contextmanager
def damaged_named(path: str) -> Iterator[None]:
    """Names the log, table or times at `path` where the block can't read what it holds: raises TrainingError."""
    try:
        yield
    except _DAMAGED as error:
        says = f"{path} is damaged ({type(error).__name__}: {error}): move it away, and the same command goes on"
        raise TrainingError(f"{says} without what it held") from error
