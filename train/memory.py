"""A step that needs more memory than there is, in one line that says which setting takes less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from train.errors import TrainingError

# XLA, and constants that no memory can be found for, are told by other classes of errors than the plain operations.
_SIGNS = ("RESOURCE_EXHAUSTED", "OOM when allocating", "Cannot parse tensor from proto")


@contextmanager
def memory_named(settings: str, batch: int, pieces: int) -> Iterator[None]:
    """Raises TrainingError in place of TensorFlow's error; `batch` is that of a device, in `pieces`."""
    try:
        yield
    except tf.errors.OpError as error:
        if not (isinstance(error, tf.errors.ResourceExhaustedError) or any(sign in str(error) for sign in _SIGNS)):
            raise
        less = f"a smaller --{settings}.batch needs less"
        if more := next((parts for parts in range(2 * pieces, batch + 1) if batch % parts == 0), None):
            less = f"--{settings}.pieces={more} or {less}"
        now = f"{settings}.pieces={pieces}"
        raise TrainingError(f"a step of {batch:,} ({now}) needs more memory than there is; {less}") from error
