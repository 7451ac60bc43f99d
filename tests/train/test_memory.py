"""A step that doesn't fit into memory says what needs less; other errors stay as they are."""

from __future__ import annotations

import pytest
import tensorflow as tf

from train.errors import TrainingError
from train.memory import memory_named

FULL = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[16384,64,1024]")
BY_XLA = tf.errors.InternalError(None, None, "RESOURCE_EXHAUSTED: Out of memory")
CONSTANT = tf.errors.InvalidArgumentError(None, None, "Graph execution error:\nCannot parse tensor from proto: dtype")
OTHER = tf.errors.InvalidArgumentError(None, None, "shapes differ")


@pytest.mark.parametrize("error", [FULL, BY_XLA, CONSTANT])
def test_a_step_that_is_too_large_says_what_needs_less(error: tf.errors.OpError) -> None:
    with pytest.raises(TrainingError) as told, memory_named("train", 16_384, 1):
        raise error
    less = "--train.pieces=2 or a smaller --train.batch needs less"
    assert str(told.value) == f"a step of 16,384 (train.pieces=1) needs more memory than there is; {less}"


@pytest.mark.parametrize(
    ("batch", "pieces", "says"),
    [
        (90, 2, "; --train.pieces=5 or a smaller --train.batch needs less"),
        (6, 3, "; --train.pieces=6 or a smaller --train.batch needs less"),
        (6, 6, "; a smaller --train.batch needs less"),
    ],
)
def test_more_pieces_are_offered_where_a_batch_has_them(batch: int, pieces: int, says: str) -> None:
    with pytest.raises(TrainingError) as told, memory_named("train", batch, pieces):
        raise FULL
    assert str(told.value).endswith(f"than there is{says}")


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError), memory_named("train", 8, 1):
        raise OTHER
