"""Queries composed of a picture and texts: the picture's content, with more or less of a text's (section 7)."""

from __future__ import annotations

import numpy as np

from train.vectors import normalised


def composed(picture: np.ndarray, plus: np.ndarray, minus: np.ndarray, scale: float) -> np.ndarray:
    """The direction of a picture's embedding, float (width,), with texts', (texts, width), added and subtracted.

    All vectors are scaled to length 1, and then texts by `scale`.
    """
    texts = normalised(plus).sum(axis=0) - normalised(minus).sum(axis=0)
    return normalised(normalised(picture) + scale * texts)
