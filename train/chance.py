"""Yardsticks for the loss: what chance gives, and the least that label smoothing allows."""

from __future__ import annotations

import math


def candidates(batch: int, negatives: float, queue: int = 0) -> int:
    """How many candidates a query has in the loss: the right one, and the keys of a full queue, or without one a share
    of the other pairs, rounded up.
    """
    return 1 + (queue or math.ceil(negatives * (batch - 1)))


def chance_loss(count: int) -> float:
    """The loss of both directions where all of `count` candidates are equally similar."""
    return 2 * math.log(count)


def floor_loss(count: int, smoothing: float) -> float:
    """The least loss of both directions: the entropy of labels smoothed over `count` candidates."""
    wrong = smoothing / count
    right = 1 - smoothing + wrong
    return -2 * (right * math.log(right) + (count - 1) * wrong * math.log(wrong)) if smoothing else 0.0
