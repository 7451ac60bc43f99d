"""Queries of a picture and texts: what a picture shows, with more or less of what a text says (section 7)."""

from __future__ import annotations

import numpy as np

from train.vectors import normalised


def composed(picture: np.ndarray, plus: np.ndarray, minus: np.ndarray, scale: float) -> np.ndarray:
    """The direction of a picture's embedding, float (width,), with texts', (texts, width), added and subtracted.

    All are taken with length 1, and then the texts `scale` times.
    """
    texts = normalised(plus).sum(axis=0) - normalised(minus).sum(axis=0)
    return normalised(normalised(picture) + scale * texts)
