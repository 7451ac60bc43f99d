"""The variants of an image that represent it in an index; each has a name that describes a copy's difference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from dedup.hashing import mirror, orientations
from dedup.windows import FULL, Window, Windows

DEFAULT, DENSE = "default", "dense"
AS_IS, MIRRORED = "as is", "mirrored"
ORIENTATIONS = (
    AS_IS,
    MIRRORED,
    "flipped",
    "rotated 180",
    "transposed",
    "rotated 90",
    "rotated 270",
    "transposed and rotated 180",
)
_CENTRE_CROPS = tuple(percent / 100 for percent in range(95, 45, -5))
_EDGE_CUTS = (0.07, 0.13, 0.2)
_SIDE_CROPS = (0.9, 0.85, 0.8, 0.75, 0.7, 2 / 3, 9 / 16)  # 3:4, 2:3 and 9:16 make squares
_DENSE_CENTRE_CROPS = (0.975, 0.925, 0.875)
_DENSE_GRIDS = {0.95: 3, 0.9: 4, 0.85: 6, 0.8: 6, 0.75: 6, 0.7: 8}  # crop: positions along each side
_DEGREES = (2, -2, 4, -4, 6, -6)


@dataclass(frozen=True)
class Pose:
    """A window of an image, or the image rotated counterclockwise about its centre, before it is mirrored or turned."""

    name: str
    window: Window = FULL
    degrees: float = 0.0
    inner: bool = False  # crops a rotated image to the largest part of its own shape without the black corners


@dataclass(frozen=True)
class Variant:
    """An entry of an image."""

    name: str
    pose: Pose
    orientation: int  # index in ORIENTATIONS


def check_mode(mode: str) -> None:
    """Raises ValueError for an unknown mode."""
    if mode not in (DEFAULT, DENSE):
        raise ValueError(f"mode: {mode!r}; the modes are {DEFAULT}, {DENSE}")


@cache
def variants(mode: str) -> tuple[Variant, ...]:
    """The entries of an image in their order: 104 in mode `default`, 502 in mode `dense`."""
    full, *others = [Pose(AS_IS), *_windows(mode), *_rotations()]
    turned = [Variant(name, full, place) for place, name in enumerate(ORIENTATIONS)]
    straight = [Variant(pose.name, pose, 0) for pose in others]
    return (*turned, *straight, *(Variant(f"{pose.name}, {MIRRORED}", pose, 1) for pose in others))


def variant_coefficients(lumas: np.ndarray, sizes: np.ndarray, mode: str) -> np.ndarray:
    """The coefficients of all variants, float32 (n, variants, 16, 16).

    Takes uint8 (n, 128, 128) lumas and int (n, 2) widths and heights of the images, which rotations need.
    """
    windows = _window_set(mode)(lumas)
    others = Windows([FULL])(rotate(lumas, sizes, _rotations()).reshape(-1, *lumas.shape[1:]))
    straight = np.concatenate([windows[:, 1:], others.reshape(len(lumas), -1, *others.shape[2:])], axis=1)
    return np.concatenate([orientations(windows[:, 0]), straight, mirror(straight)], axis=1)


def rotate(lumas: np.ndarray, sizes: np.ndarray, poses: Sequence[Pose]) -> np.ndarray:
    """Rotates the square lumas of images of these widths and heights, uint8 (n, poses, side, side).

    Their new corners are black.
    """
    from dedup.rotation import transform  # loads numba

    return transform(lumas, np.stack([_affine(pose, sizes, lumas.shape[1]) for pose in poses], axis=1))


def warp(view: np.ndarray, size: np.ndarray, variant: Variant) -> np.ndarray:
    """Warps a square view of an image of this width and height to the view of one of its variants; uint8."""
    pose = variant.pose
    posed = rotate(view[None], size[None], [pose])[0, 0] if pose.degrees else cut(view, pose.window, len(view))
    return turn(posed, variant.orientation)


def cut(pixels: np.ndarray, window: Window, side: int) -> np.ndarray:
    """Cuts a window from square pixels, uint8, and resizes it to a square of that side."""
    left, top, right, bottom = (len(pixels) * edge for edge in window)
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, (left, top, right, bottom)))


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turns square pixels to an orientation, an index in ORIENTATIONS."""
    upright = pixels[:: -1 if orientation & 2 else 1, :: -1 if orientation & 1 else 1]
    return upright.T if orientation & 4 else upright


def _affine(pose: Pose, sizes: np.ndarray, side: int) -> np.ndarray:
    """Maps pixels of the rotated squares to their sources, float64 (n, 6): a, b, c, d, e, f of `transform`."""
    width, height = sizes.astype(np.float64).T
    cos, sin = math.cos(math.radians(pose.degrees)), math.sin(math.radians(pose.degrees))
    wide, high = width * cos + height * abs(sin), width * abs(sin) + height * cos
    zoom = np.minimum(width / wide, height / high) if pose.inner else np.ones(len(sizes))
    a, b, d, e = zoom * cos, -zoom * sin * height / width, zoom * sin * width / height, zoom * cos
    middle = side / 2
    return np.stack([a, b, middle * (1 - a - b), d, e, middle * (1 - d - e)], axis=1)


@cache
def _window_set(mode: str) -> Windows:
    return Windows([FULL, *(pose.window for pose in _windows(mode))])


def _windows(mode: str) -> list[Pose]:
    usual = [*_centre_crops(_CENTRE_CROPS), *_edge_cuts(), *_side_crops()]
    return usual if mode == DEFAULT else [*usual, *_centre_crops(_DENSE_CENTRE_CROPS), *_grids()]


def _centre_crops(crops: tuple[float, ...]) -> Iterator[Pose]:
    for crop in crops:
        yield Pose(f"crop centre {crop:g}", place(crop, crop, 0.5, 0.5))


def _edge_cuts() -> Iterator[Pose]:
    for cut in _EDGE_CUTS:
        for edge in Window._fields:
            yield Pose(f"cut {edge} {cut:g}", cut_edge(edge, cut))


def _side_crops() -> Iterator[Pose]:
    for crop in _SIDE_CROPS:
        yield Pose(f"crop width {crop:.3g}", place(crop, 1, 0.5, 0.5))
        yield Pose(f"crop height {crop:.3g}", place(1, crop, 0.5, 0.5))


def _grids() -> Iterator[Pose]:
    for crop, steps in _DENSE_GRIDS.items():
        for x in range(steps):
            for y in range(steps):
                across, down = x / (steps - 1), y / (steps - 1)
                if (across, down) != (0.5, 0.5):
                    yield Pose(f"crop {crop:g} at {across:.2g}, {down:.2g}", place(crop, crop, across, down))


def _rotations() -> list[Pose]:
    corners = [Pose(f"rotated {degrees}", degrees=degrees) for degrees in _DEGREES]
    return corners + [Pose(f"rotated {degrees}, inner", degrees=degrees, inner=True) for degrees in _DEGREES]


def cut_edge(edge: str, cut: float) -> Window:
    """The window without a strip along the edge `left`, `top`, `right` or `bottom`."""
    return FULL._replace(**{edge: cut if edge in ("left", "top") else 1 - cut})


def place(width: float, height: float, across: float, down: float) -> Window:
    """The window of this width and height, placed so that 0 is left, or top, 0.5 the middle and 1 right, or bottom."""
    left, top = (1 - width) * across, (1 - height) * down
    return Window(left, top, left + width, top + height)
