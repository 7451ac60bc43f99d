"""Pictures with structure at every scale, as hashes see them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from filters.picture import Picture

MAX_PIXELS = 10**8
TRANSPOSES = [
    None,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
]


def scene(seed: int, width: int = 300, height: int = 260) -> Image.Image:
    """A picture with structure at every scale: noise, enlarged and added up."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (3, 6, 12, 24, 48):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
        total += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), float)
    return Image.fromarray((total / 5).astype(np.uint8))


def encoded(image: Image.Image, format: str = "JPEG", **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, format, compress_level=1, **options)  # which PNG alone has: it takes a sixth of the time
    return file.getvalue()


def small(image: Image.Image) -> np.ndarray:
    """The luma without libjpeg's scaling."""
    return Picture(encoded(image, "PNG"), MAX_PIXELS).luma()


SCENES = [scene(seed) for seed in range(40)]
LUMAS = np.stack([small(image) for image in SCENES])
