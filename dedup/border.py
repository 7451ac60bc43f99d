"""The border around a picture: rows and columns of one shade at its edges, as frames and letterboxes leave them."""

from __future__ import annotations

import numpy as np

from dedup.hashing import LUMA_SIDE
from dedup.windows import Window

TOLERANCE = 12  # luma, from the median of the outermost line
MOST = 0.95  # of a line's pixels lie within it
SMALLEST = 0.2  # of a side is left


def find_border(luma: np.ndarray) -> Window | None:
    """The window inside the border of uint8 (128, 128); None without a border, or if hardly a picture is left."""
    if not has_border(luma[None])[0]:
        return None
    pixels = luma.astype(np.int16)
    top, bottom = _uniform_lines(pixels), _uniform_lines(pixels[::-1])
    if top + bottom > (1 - SMALLEST) * LUMA_SIDE:
        return None
    columns = pixels[top : LUMA_SIDE - bottom].T
    left, right = _uniform_lines(columns), _uniform_lines(columns[::-1])
    if left + right > (1 - SMALLEST) * LUMA_SIDE or not top + bottom + left + right:
        return None
    return Window(left / LUMA_SIDE, top / LUMA_SIDE, 1 - right / LUMA_SIDE, 1 - bottom / LUMA_SIDE)


def has_border(lumas: np.ndarray) -> np.ndarray:
    """Whether any of the four outermost lines of uint8 (n, 128, 128) is of one shade, bool (n,)."""
    lines = np.stack([lumas[:, 0], lumas[:, -1], lumas[:, :, 0], lumas[:, :, -1]], axis=1).astype(np.int16)
    middle = np.partition(lines, LUMA_SIDE // 2, axis=-1)[..., LUMA_SIDE // 2, None]
    return ((np.abs(lines - middle) <= TOLERANCE).mean(axis=-1) >= MOST).any(axis=-1)


def _uniform_lines(lines: np.ndarray) -> int:
    """How many of the first lines, int16 (lines, pixels), have the shade of the first."""
    middle = np.partition(lines[0], lines.shape[1] // 2)[lines.shape[1] // 2]
    uniform = (np.abs(lines - middle) <= TOLERANCE).mean(axis=1) >= MOST
    return len(lines) if uniform.all() else int(np.argmin(uniform))
