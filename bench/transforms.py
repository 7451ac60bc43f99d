"""The 72 transforms that copy a photo for measuring recall, and some more held out for the last measurement."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from bench.edits import (
    BLACK,
    BLUE,
    WHITE,
    Photo,
    caption_below,
    caption_inside,
    collage,
    crop,
    crop_square,
    cut_bottom,
    frame,
    gamma,
    letterbox,
    mark_centre,
    mark_corner,
    meme,
    noise,
    rotate,
    rotate_inner,
    screenshot,
    shift_hue,
    shorten,
    squash,
    stretch,
    thumbnail,
)

Edit = Callable[[Photo], Photo]
Transform = Callable[[Photo, Sequence[Photo], int], bytes]  # takes an RGB photo, three others and a seed


def encode(photo: Photo, kind: str = "JPEG", quality: int = 85) -> bytes:
    """The bytes that a crawler would hold."""
    file = io.BytesIO()
    photo.save(file, kind, quality=quality)
    return file.getvalue()


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

# Held out: nothing was tuned on these.
HELD_OUT: dict[str, Transform] = {
    "ccrop77": _edited(partial(crop, share=0.77)),
    "cut_left10": _edited(lambda photo: photo.crop((round(photo.width * 0.1), 0, *photo.size))),
    "randcrop90": _random_crop(0.9),
    "border7_gray": _edited(partial(frame, share=0.07, colour=(120, 120, 120))),
    "letterbox_2x1_white": _edited(partial(letterbox, ratio=2, colour=WHITE)),
    "rot-3": _edited(partial(rotate, degrees=-3)),
    "rot4_inner_hflip": _edited(partial(rotate_inner, degrees=4), ImageOps.mirror),
    "posterize": _edited(partial(ImageOps.posterize, bits=3)),
    "caption_below_hflip": _edited(ImageOps.mirror, caption_below),
    "screenshot_small_q40": _edited(screenshot, partial(shorten, side=240), quality=40),
}
