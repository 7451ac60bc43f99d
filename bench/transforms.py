"""What happens to photos on the web: 72 ways to make a copy, each as the bytes that a crawler would hold."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Photo = Image.Image
Edit = Callable[[Photo], Photo]
Transform = Callable[[Photo, Sequence[Photo], int], bytes]  # of an RGB photo, three others, a seed

WHITE, BLACK, BLUE = (255, 255, 255), (0, 0, 0), (30, 60, 150)


def encode(photo: Photo, kind: str = "JPEG", quality: int = 85) -> bytes:
    file = io.BytesIO()
    photo.save(file, kind, quality=quality)
    return file.getvalue()


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
    """Text at a place and of a size in pixels."""
    font = ImageFont.load_default(max(8, round(size)))
    ImageDraw.Draw(page).text((x, y), text, font=font, fill=fill, **options)


def overlay(photo: Photo, texts: Sequence[tuple[str, float, float, float]], opacity: int) -> Photo:
    """White text, at places and of a size in parts of the photo."""
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


def _edited(*edits: Edit, kind: str = "JPEG", quality: int = 85) -> Transform:
    def transform(photo: Photo, others: Sequence[Photo], seed: int) -> bytes:
        for edit in edits:
            photo = edit(photo)
        return encode(photo, kind, quality)

    return transform


def _random_crop(share: float) -> Transform:
    def transform(photo: Photo, others: Sequence[Photo], seed: int) -> bytes:
        across, down = np.random.default_rng([seed, round(100 * share)]).random(2)
        return encode(crop(photo, share, across, down))

    return transform


def _noisy(deviation: float) -> Transform:
    return lambda photo, others, seed: encode(noise(photo, deviation, seed))


def _collage(count: int) -> Transform:
    return lambda photo, others, seed: encode(collage(photo, others, count))


def _enhanced(kind: type[ImageEnhance._Enhance], factor: float) -> Transform:
    return _edited(lambda photo: kind(photo).enhance(factor))


def _transposed(how: Image.Transpose) -> Transform:
    return _edited(lambda photo: photo.transpose(how))


TRANSFORMS: dict[str, Transform] = {
    "png_reencode": _edited(kind="PNG"),
    **{f"jpeg_q{quality}": _edited(quality=quality) for quality in (75, 50, 30, 10)},
    **{f"webp_q{quality}": _edited(kind="WEBP", quality=quality) for quality in (80, 30)},
    **{f"resize_short{side}": _edited(partial(shorten, side=side)) for side in (200, 256, 512)},
    "thumb100_up400": _edited(partial(thumbnail, small=100, large=400)),
    "thumb48_up300": _edited(partial(thumbnail, small=48, large=300)),
    "nearest_resize224": _edited(partial(shorten, side=224, how=Image.Resampling.NEAREST)),
    "aspect_w+10": _edited(partial(stretch, factor=1.1)),
    "aspect_w-10": _edited(partial(stretch, factor=0.9)),
    "squash_square256": _edited(squash),
    **{f"ccrop{share}": _edited(partial(crop, share=share / 100)) for share in (98, 95, 90, 80, 70, 50)},
    "cornercrop90": _edited(partial(crop, share=0.9, across=0, down=0)),
    "cornercrop80": _edited(partial(crop, share=0.8, across=1, down=1)),
    "randcrop85": _random_crop(0.85),
    "randcrop70": _random_crop(0.7),
    "square_ccrop": _edited(crop_square),
    "cut_bottom10": _edited(cut_bottom),
    "border2_white": _edited(partial(frame, share=0.02, colour=WHITE)),
    "border5_white": _edited(partial(frame, share=0.05, colour=WHITE)),
    "border10_black": _edited(partial(frame, share=0.1, colour=BLACK)),
    "border10_blue": _edited(partial(frame, share=0.1, colour=BLUE)),
    "letterbox_16x9_black": _edited(partial(letterbox, ratio=16 / 9, colour=BLACK)),
    "letterbox_square_white": _edited(partial(letterbox, ratio=1, colour=WHITE)),
    "letterbox_9x16_black": _edited(partial(letterbox, ratio=9 / 16, colour=BLACK)),
    "hflip": _transposed(Image.Transpose.FLIP_LEFT_RIGHT),
    "vflip": _transposed(Image.Transpose.FLIP_TOP_BOTTOM),
    "rot90": _transposed(Image.Transpose.ROTATE_90),
    "rot180": _transposed(Image.Transpose.ROTATE_180),
    "rot2": _edited(partial(rotate, degrees=2)),
    "rot5": _edited(partial(rotate, degrees=5)),
    "rot5_inner": _edited(partial(rotate_inner, degrees=5)),
    "rot15": _edited(partial(rotate, degrees=15)),
    "grayscale": _edited(lambda photo: photo.convert("L")),
    "bright+30": _enhanced(ImageEnhance.Brightness, 1.3),
    "bright-30": _enhanced(ImageEnhance.Brightness, 0.7),
    "contrast+40": _enhanced(ImageEnhance.Contrast, 1.4),
    "contrast-40": _enhanced(ImageEnhance.Contrast, 0.6),
    "gamma0.6": _edited(partial(gamma, exponent=0.6)),
    "gamma1.6": _edited(partial(gamma, exponent=1.6)),
    "saturation1.8": _enhanced(ImageEnhance.Color, 1.8),
    "hue+20": _edited(shift_hue),
    "autocontrast": _edited(partial(ImageOps.autocontrast, cutoff=2)),
    "equalize": _edited(ImageOps.equalize),
    "invert": _edited(ImageOps.invert),
    "blur1": _edited(lambda photo: photo.filter(ImageFilter.GaussianBlur(1))),
    "blur3": _edited(lambda photo: photo.filter(ImageFilter.GaussianBlur(3))),
    "sharpen": _edited(lambda photo: photo.filter(ImageFilter.UnsharpMask(2, 200, 2))),
    "noise10": _noisy(10),
    "noise30": _noisy(30),
    "text_corner": _edited(mark_corner),
    "text_centre": _edited(mark_centre),
    "caption_bar": _edited(caption_inside),
    "caption_below": _edited(caption_below),
    "meme": _edited(meme),
    "screenshot": _edited(screenshot),
    "collage2": _collage(2),
    "collage4": _collage(4),
    "combo_crop90_r256_q50": _edited(partial(crop, share=0.9), partial(shorten, side=256), quality=50),
    "combo_hflip_crop90_q50": _edited(
        ImageOps.mirror, partial(crop, share=0.9), partial(shorten, side=256), quality=50
    ),
    "combo_hflip_border5": _edited(ImageOps.mirror, partial(frame, share=0.05, colour=WHITE), quality=60),
    "combo_letterbox_text_q40": _edited(
        partial(letterbox, ratio=16 / 9, colour=BLACK), mark_corner, partial(shorten, side=256), quality=40
    ),
}
