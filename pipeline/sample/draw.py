"""Pixels of a scene: a textured ground with noise on every scale, and flat things with an outline on it.

The noise helps the near-duplicate hash: flat grounds give unrelated pictures equal bits of luma.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.sample.scenes import Scene, Thing
from pipeline.sample.shapes import outline

RGB = {
    "red": (214, 40, 40),
    "yellow": (246, 205, 40),
    "green": (42, 157, 70),
    "blue": (38, 84, 205),
    "purple": (142, 60, 180),
    "brown": (130, 82, 40),
    "black": (16, 16, 16),
    "white": (248, 248, 248),
}


def draw(scene: Scene, rng: np.random.Generator) -> Image.Image:
    """The picture of `scene`, RGB."""
    picture = draw_ground(scene.texture, scene.ground, scene.width, scene.height, rng)
    pen = ImageDraw.Draw(picture)
    for thing in scene.things:
        _draw_thing(pen, thing, scene.width, scene.height)
    return picture


def draw_ground(texture: str, colour: str, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A field of one colour, from its dark to its light shades, RGB."""
    shade = np.clip(0.5 + 0.27 * _pattern(texture, width, height, rng) + 0.13 * _noise(width, height, rng), 0, 1)
    full = np.asarray(RGB[colour], np.float32)
    dark, light = full * 0.35, full * 0.55 + 115
    pixels = dark + shade[:, :, None] * (light - dark)
    return Image.fromarray(pixels.astype(np.uint8))


def _noise(width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Smooth noise of mean 0 and deviation about 1, float32 (height, width): coarse to fine grids, blown up."""
    total = np.zeros((height, width), np.float32)
    for cells, strength in ((5, 0.5), (11, 0.7), (22, 1.0)):
        total += strength * _blown_up(cells, width, height, rng)
    return total


def _blown_up(cells: int, width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A grid of `cells` x `cells` random numbers, smoothly enlarged, float32 (height, width)."""
    grid = Image.fromarray(rng.standard_normal((cells, cells), dtype=np.float32))
    return np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))


def _pattern(texture: str, width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The texture's own pattern, -1 to 1, float32 (height, width)."""
    wave = min(width, height) / rng.uniform(4, 9)  # pixels per period
    phase_x, phase_y = rng.uniform(0, 2 * math.pi, 2)
    x = (np.arange(width, dtype=np.float32) * np.float32(2 * math.pi / wave) + np.float32(phase_x))[None, :]
    y = (np.arange(height, dtype=np.float32) * np.float32(2 * math.pi / wave) + np.float32(phase_y))[:, None]
    pattern: NDArray[np.float32]
    if texture == "stripes":
        pattern = np.sign(np.sin(x + y * np.float32(rng.uniform(-1, 1))))
    elif texture == "waves":
        pattern = np.sin(y + 1.5 * np.sin(x * np.float32(0.5)))
    elif texture == "dots":
        pattern = np.where(np.sin(x) + np.sin(y) > 0.9, np.float32(1), np.float32(-0.6))
    elif texture == "checks":
        pattern = np.sign(np.sin(x) * np.sin(y))
    else:  # clouds
        pattern = _blown_up(5, width, height, rng)
    return pattern


def _draw_thing(pen: ImageDraw.ImageDraw, thing: Thing, width: int, height: int) -> None:
    """Draws one thing with an outline that stands out from it."""
    radius = thing.size * min(width, height) / 2
    corners = outline(thing.shape) * radius + (thing.x * width, thing.y * height)
    edge = RGB["white"] if sum(RGB[thing.colour]) < 400 else RGB["black"]
    pen.polygon([tuple(corner) for corner in corners.tolist()], fill=RGB[thing.colour], outline=edge, width=3)
