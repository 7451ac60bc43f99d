"""Directions of vectors."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float = TypeVar("Float", bound=np.floating)


def normalised(vectors: NDArray[Float]) -> NDArray[Float]:
    """Scales vectors, float (…, width), to length 1; zeros stay."""
    scaled: NDArray[Float] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return scaled
