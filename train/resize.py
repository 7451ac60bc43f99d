"""Resizes a part of a picture with antialiasing, as Pillow's `BILINEAR` resizes all of it, in compiled code without the
interpreter's lock.

Pillow rounds to whole values after its first direction; here nothing is rounded before the end, so values differ by 1
of 255 at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from vocab.kernel import kernel

Pixels = NDArray[np.uint8]
Places = NDArray[np.int64]
Shares = NDArray[np.float32]
# unsigned, so that numba tests no index for being negative: the loop over the columns' taps becomes vectors
GREEN, BLUE, NEXT = np.uint64(1), np.uint64(2), np.uint64(4)


@dataclass(frozen=True)
class Taps:
    """The input values that each output value of one direction averages: `first`, int64 (n,), and their shares,
    float32 (n, most).
    """

    first: Places
    shares: Shares

    @classmethod
    @lru_cache(256)  # the same few sizes come again and again
    def of(cls, size: int, side: int) -> Taps:
        """Those of all values, when `size` values are resized to `side`: a triangle as wide as two output values, or
        two input values where the picture is enlarged.
        """
        scale = size / side
        reach = max(scale, 1.0)
        centres = (np.arange(side) + 0.5) * scale
        first = np.clip((centres - reach + 0.5).astype(np.int64), 0, size)
        last = np.clip((centres + reach + 0.5).astype(np.int64), 0, size)
        places = first[:, None] + np.arange((last - first).max())
        shares = np.maximum(0, 1 - np.abs(places + 0.5 - centres[:, None]) / reach)
        shares[places >= last[:, None]] = 0
        return cls(first, (shares / shares.sum(1, keepdims=True)).astype(np.float32))

    def part(self, begin: int, count: int, mirrored: bool = False) -> tuple[Places, Shares]:
        """Those of `count` values from `begin` on, the last one first if `mirrored`."""
        order = slice(begin, begin + count)
        first, shares = self.first[order], self.shares[order]
        return (first[::-1].copy(), shares[::-1].copy()) if mirrored else (first, shares)


def resized_part(image: Image.Image, side: int, top: int, left: int, count: int, mirrored: bool = False) -> Pixels:
    """The square of `count` pixels at (top, left) of an RGB image that is resized to a square of `side` pixels, uint8
    (count, count, 3); left and right exchanged if `mirrored`.
    """
    down, across = Taps.of(image.height, side), Taps.of(image.width, side)
    return _resized(_pixels(image), *down.part(top, count), *across.part(left, count, mirrored))


def _pixels(image: Image.Image) -> Pixels:
    """The pixels of an RGB image, uint8 (height, width, 4), mostly without a copy; the fourth value means nothing."""
    try:
        values = pa.array(image).flatten()
    except (TypeError, ValueError):  # Pillow before 11.2; a picture over 16 MB, which Pillow holds in several blocks
        return np.asarray(image.convert("RGBX"))
    return np.asarray(values).reshape(image.height, image.width, 4)


@kernel
def _resized(pixels: Pixels, rows: Places, row_shares: Shares, columns: Places, column_shares: Shares) -> Pixels:
    taps = column_shares.shape[1]
    low = min(columns[0], columns[-1])
    begin, end = low * 4, min(max(columns[0], columns[-1]) + taps, pixels.shape[1]) * 4
    row = np.zeros(end - begin + taps * 4, np.float32)  # the last columns' taps end beyond the picture
    places = ((columns - low) * 4).astype(np.uint64)
    result = np.empty((len(rows), len(columns), 3), np.uint8)
    for y in range(len(rows)):
        row[: end - begin] = 0
        for tap in range(row_shares.shape[1]):
            share = row_shares[y, tap]
            if share:
                source = pixels[rows[y] + tap].reshape(-1)[begin:end]
                for place in range(end - begin):
                    row[place] += share * np.float32(source[place])
        for x in range(len(columns)):
            at = places[x]
            red = green = blue = np.float32(0.5)
            for tap in range(taps):
                share = column_shares[x, tap]
                red += share * row[at]
                green += share * row[at + GREEN]
                blue += share * row[at + BLUE]
                at += NEXT
            result[y, x, 0], result[y, x, 1], result[y, x, 2] = int(red), int(green), int(blue)
    return result
