"""Whether two pictures that their hashes call near are one: small views of them, aligned, are compared."""

from __future__ import annotations

import numpy as np

VIEW_SIDE = 64


def views(lumas: np.ndarray) -> np.ndarray:
    """The views kept of lumas, uint8 (n, 128, 128): means of 2 x 2 pixels, uint8 (n, 64, 64)."""
    sums = lumas.reshape(-1, VIEW_SIDE, 2, VIEW_SIDE, 2).sum(axis=(2, 4), dtype=np.uint16)
    return ((sums + 2) >> 2).astype(np.uint8)
