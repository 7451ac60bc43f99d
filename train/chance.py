"""Yardsticks for the loss: the loss of chance, and the minimum with label smoothing."""

from __future__ import annotations

import math


def candidates(batch: int, negatives: float, queue: int = 0) -> int:
    """Counts a query's candidates in the loss: the right one, and the keys of a full queue, or without a queue a
    share of the other pairs, rounded up.
    """
    return 1 + (queue or math.ceil(negatives * (batch - 1)))


def chance_loss(count: int) -> float:
    """The loss of both directions if all of `count` candidates are equally similar."""
    return 2 * math.log(count)


def floor_loss(count: int, smoothing: float) -> float:
    """The minimum loss of both directions: the entropy of labels smoothed over `count` candidates."""
    wrong = smoothing / count
    right = 1 - smoothing + wrong
    return -2 * (right * math.log(right) + (count - 1) * wrong * math.log(wrong)) if smoothing else 0.0
