"""Edits of photos common on the web: each is a function of an RGB photo."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

Photo = Image.Image

WHITE, BLACK, BLUE = (255, 255, 255), (0, 0, 0), (30, 60, 150)


def shorten(photo: Photo, side: int, how: Image.Resampling = Image.Resampling.BICUBIC) -> Photo:
    scale = side / min(photo.size)
    return photo.resize((max(1, round(photo.width * scale)), max(1, round(photo.height * scale))), how)


def thumbnail(photo: Photo, small: int, large: int) -> Photo:
    return shorten(shorten(photo, small), large)


def stretch(photo: Photo, factor: float) -> Photo:
    return photo.resize((round(photo.width * factor), photo.height), Image.Resampling.BICUBIC)


def squash(photo: Photo) -> Photo:
    return photo.resize((256, 256), Image.Resampling.BICUBIC)


def crop(photo: Photo, share: float, across: float = 0.5, down: float = 0.5) -> Photo:
    width, height = max(1, round(photo.width * share)), max(1, round(photo.height * share))
    left, top = round((photo.width - width) * across), round((photo.height - height) * down)
    return photo.crop((left, top, left + width, top + height))


def crop_square(photo: Photo) -> Photo:
    return ImageOps.fit(photo, (min(photo.size),) * 2)


def cut_bottom(photo: Photo) -> Photo:
    return photo.crop((0, 0, photo.width, round(photo.height * 0.9)))


def frame(photo: Photo, share: float, colour: tuple[int, int, int]) -> Photo:
    return ImageOps.expand(photo, round(min(photo.size) * share), colour)


def letterbox(photo: Photo, ratio: float, colour: tuple[int, int, int]) -> Photo:
    wide = photo.width / photo.height < ratio
    size = (round(photo.height * ratio), photo.height) if wide else (photo.width, round(photo.width / ratio))
    page = Image.new("RGB", size, colour)
    page.paste(photo, ((size[0] - photo.width) // 2, (size[1] - photo.height) // 2))
    return page


def rotate(photo: Photo, degrees: float) -> Photo:
    return photo.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=BLACK)


def rotate_inner(photo: Photo, degrees: float) -> Photo:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    (width, height), rotated = photo.size, rotate(photo, degrees)
    return crop(rotated, min(width / (width * cos + height * sin), height / (width * sin + height * cos)))


def shift_hue(photo: Photo) -> Photo:
    hue, saturation, value = photo.convert("HSV").split()
    return Image.merge("HSV", (hue.point(lambda angle: (angle + 20) % 256), saturation, value)).convert("RGB")


def gamma(photo: Photo, exponent: float) -> Photo:
    return photo.point([round(255 * (level / 255) ** exponent) for level in range(256)] * 3)


def noise(photo: Photo, deviation: float, seed: int) -> Photo:
    pixels = np.asarray(photo, np.float32)
    pixels = pixels + np.random.default_rng(seed).normal(0, deviation, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write(page: Photo, text: str, x: float, y: float, size: float, fill: tuple[int, ...], **options: object) -> None:
    """Writes text at a position, with a size in pixels."""
    font = ImageFont.load_default(max(8, round(size)))
    ImageDraw.Draw(page).text((x, y), text, font=font, fill=fill, **options)


def overlay(photo: Photo, texts: Sequence[tuple[str, float, float, float]], opacity: int) -> Photo:
    """White text, with positions and sizes in parts of the photo."""
    layer = Image.new("RGBA", photo.size, (0, 0, 0, 0))
    for text, x, y, size in texts:
        write(layer, text, photo.width * x, photo.height * y, size, (*WHITE, opacity))
    return Image.alpha_composite(photo.convert("RGBA"), layer).convert("RGB")


def mark_corner(photo: Photo) -> Photo:
    return overlay(photo, [("© example.com", 0.62, 0.9, photo.height * 0.05)], 220)


def mark_centre(photo: Photo) -> Photo:
    return overlay(photo, [("STOCKPHOTO", 0.08, y, photo.width * 0.13) for y in (0.2, 0.45, 0.7)], 100)


def caption_inside(photo: Photo) -> Photo:
    page, high = photo.copy(), round(photo.height * 0.15)
    ImageDraw.Draw(page).rectangle((0, page.height - high, page.width, page.height), fill=BLACK)
    write(page, "Breaking news: photo of the day", page.width * 0.03, page.height - high * 0.8, high * 0.5, WHITE)
    return page


def caption_below(photo: Photo) -> Photo:
    high = round(photo.height * 0.15)
    page = Image.new("RGB", (photo.width, photo.height + high), WHITE)
    page.paste(photo)
    write(page, "Figure 1. A photo from the web", photo.width * 0.03, photo.height + high * 0.2, high * 0.4, BLACK)
    return page


def meme(photo: Photo) -> Photo:
    page, line = photo.copy(), max(1, round(photo.height * 0.008))
    for text, y in (("WHEN YOU FINALLY", 0.02), ("FIND THE DUPLICATE", 0.86)):
        size = photo.height * 0.11
        write(page, text, page.width * 0.05, page.height * y, size, WHITE, stroke_width=line, stroke_fill=BLACK)
    return page


def screenshot(photo: Photo) -> Photo:
    photo = shorten(photo, 360)
    page = Image.new("RGB", (round(photo.width * 1.12), round(photo.height * 1.45)), (245, 245, 247))
    ImageDraw.Draw(page).rectangle((0, 0, page.width, round(page.height * 0.09)), fill=(32, 80, 160))
    write(page, "9:41   MyPhotos", page.width * 0.03, page.height * 0.02, 18, WHITE)
    page.paste(photo, ((page.width - photo.width) // 2, round(page.height * 0.12)))
    below = page.height * 0.12 + photo.height
    write(page, "Liked by anna and 1,234 others", page.width * 0.06, below + 10, 16, (20, 20, 20))
    write(page, "What a day! #photo", page.width * 0.06, below + 36, 14, (90, 90, 90))
    return page


def collage(photo: Photo, others: Sequence[Photo], count: int) -> Photo:
    """The photo at the top left of two or four squares."""
    side = 256
    page = Image.new("RGB", (2 * side, side * count // 2))
    for place, each in enumerate([photo, *others][:count]):
        page.paste(ImageOps.fit(each, (side, side)), (place % 2 * side, place // 2 * side))
    return page
