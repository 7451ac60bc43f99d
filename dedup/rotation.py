"""Affine transforms of lumas, compiled: Pillow's bilinear ones, byte for byte. Importing this module loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from vocab.kernel import kernel

CENTRE = 0.5  # of a pixel, from its edges


def transform(lumas: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Transforms each luma, uint8 (n, side, side), by each of its maps, float64 (n, m, 6): uint8 (n, m, side, side).

    A map is a, b, c, d, e, f: the point x, y is taken from ax + by + c, dx + ey + f, and is black where that lies
    outside the luma.
    """
    return _transform(np.array(lumas), np.array(maps))  # copies: the kernel is compiled for arrays of one kind


def load_kernels() -> None:
    """Calls the compiled kernel once, on next to nothing."""
    transform(np.zeros((1, 1, 1), np.uint8), np.zeros((1, 1, 6)))


@kernel
def _transform(lumas: np.ndarray, maps: np.ndarray) -> np.ndarray:
    count, side = lumas.shape[:2]
    transformed = np.empty((count, maps.shape[1], side, side), np.uint8)
    padded, place, inside = np.empty((side + 2) ** 2), np.empty(side, np.uint32), np.empty(side, np.uint8)
    across, down = np.empty(side), np.empty(side)
    for image in range(count):
        _pad(lumas[image], padded)
        for number in range(maps.shape[1]):
            for y in range(side):
                _aim(maps[image, number], y, place, across, down, inside)
                _blend(padded, place, across, down, inside, transformed[image, number, y])
    return transformed


@njit(inline="always")
def _pad(luma: np.ndarray, padded: np.ndarray) -> None:
    """Copies a luma with its outermost pixels doubled: beyond their centres Pillow blends a pixel with itself."""
    last = len(luma) - 1
    for y in range(last + 3):
        for x in range(last + 3):
            padded[y * (last + 3) + x] = luma[min(max(y - 1, 0), last), min(max(x - 1, 0), last)]


@njit(inline="always")
def _aim(
    to_source: np.ndarray, y: int, place: np.ndarray, across: np.ndarray, down: np.ndarray, inside: np.ndarray
) -> None:
    """Finds the sources of row y: each one's upper left neighbour, its distances from that, and whether it is inside.

    The order of the operations is Pillow's, since each one rounds. Integers that become floats, or come from them, have
    32 bits: AVX2 has no instruction for others.
    """
    side, wide = float(len(place)), float(len(place) + 2)
    a, b, c, d, e, f = to_source
    by, ey = b * (y + CENTRE), e * (y + CENTRE)
    for x in range(len(place)):
        centre = np.int32(x) + CENTRE
        left, top = a * centre + by + c, d * centre + ey + f
        within = (left >= 0.0) & (left < side) & (top >= 0.0) & (top < side)
        left, top = (left if within else CENTRE) - CENTRE, (top if within else CENTRE) - CENTRE
        column, row = np.floor(left), np.floor(top)
        place[x] = np.int32((row + 1) * wide + column + 1)
        across[x], down[x], inside[x] = left - column, top - row, within


@njit(inline="always")
def _blend(
    padded: np.ndarray, place: np.ndarray, across: np.ndarray, down: np.ndarray, inside: np.ndarray, row: np.ndarray
) -> None:
    """Blends the four neighbours of each source; a loop of its own, which the compiler turns into vector code."""
    wide = np.uint32(len(place) + 2)
    for x in range(len(place)):
        at = place[x]
        upper = padded[at] + (padded[at + np.uint32(1)] - padded[at]) * across[x]
        at += wide
        lower = padded[at] + (padded[at + np.uint32(1)] - padded[at]) * across[x]
        row[x] = np.uint8(np.int32(upper + (lower - upper) * down[x])) * inside[x]
