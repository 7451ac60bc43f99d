"""A classifier's view of a picture: a random part of it in training, its middle in measuring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from filters.picture import Picture
from train.pairs import MAX_PIXELS, Square

RATIO = 4 / 3  # maximum ratio of a random part's sides, and its inverse
ATTEMPTS = 10
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class View:
    """A square of `size` pixels: a random part with at least `smallest_part` of the area (Szegedy et al. 2015), or the
    middle `middle` of each side.
    """

    size: int
    smallest_part: float
    middle: float

    def centre(self, picture: bytes) -> np.ndarray:
        """The middle of a picture, uint8 (size, size, 3). Raises UndecodableImage."""
        return Square(round(self.size / self.middle), self.size).middle(picture)

    def random(self, picture: bytes, seed: tuple[int, ...]) -> np.ndarray:
        """A random part of a picture, randomly mirrored, uint8 (size, size, 3); deterministic for a seed.

        Raises UndecodableImage.
        """
        random, whole = np.random.default_rng(seed), Picture(picture, MAX_PIXELS)
        width, height = whole.header.width, whole.header.height
        left, top, right, bottom = random_part(random, width, height, self.smallest_part)
        # a JPEG is decoded to no more pixels than the part needs
        enough = math.ceil(self.size * min(width, height) / min(right - left, bottom - top))
        small = whole.at_least(enough).convert("RGB")
        across, down = small.width / width, small.height / height
        box = (left * across, top * down, right * across, bottom * down)
        part = np.asarray(small.resize((self.size, self.size), Image.Resampling.BILINEAR, box))
        return part[:, ::-1] if random.integers(2) else part


def random_part(random: np.random.Generator, width: int, height: int, smallest: float) -> Box:
    """A box with `smallest` to all of the area and sides in a ratio of up to 4:3; all, if random tries find none."""
    for _ in range(ATTEMPTS):
        area = width * height * random.uniform(smallest, 1)
        ratio = math.exp(random.uniform(-math.log(RATIO), math.log(RATIO)))
        across, down = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if across <= width and down <= height:
            left, top = random.uniform(0, width - across), random.uniform(0, height - down)
            return left, top, left + across, top + down
    return 0.0, 0.0, float(width), float(height)
