"""Pixels against Pillow's own decoding and numpy's arithmetic, on whole and damaged files."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from operator import attrgetter

import numpy as np
import pytest
from PIL import Image, ImageFile

from filters.picture import Picture, UndecodableImage, header, thumbnail
from tests.support.damage import damaged
from tests.support.pictures import FILES, MAX_PIXELS, PALETTE_PNG, SIZE, WEB, chunked, encoded, noise, png

# Header


@pytest.mark.parametrize("name", FILES)
def test_header_is_pillows(name):
    image = Image.open(io.BytesIO(FILES[name]))
    found = header(FILES[name])
    assert (found.width, found.height, found.format, found.mode) == (*image.size, image.format, image.mode)


@pytest.mark.parametrize("name", WEB)
def test_header_decodes_no_pixel(name, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    monkeypatch.setattr(Image, "_getdecoder", refuse)
    assert header(WEB[name]).width == SIZE[0]
    with pytest.raises(UndecodableImage, match="decoded"):
        Picture(WEB[name], MAX_PIXELS).luma()


def test_size_is_before_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(noise(), "JPEG", exif=exif)
    assert (header(data).width, header(data).height) == SIZE
    assert Picture(data, MAX_PIXELS).converted.size == SIZE


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"<html><body>404</body></html>", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_no_image_is_undecodable(data):
    with pytest.raises(UndecodableImage, match=r"^[^\n]+$"):
        header(data)
    assert thumbnail(data, 64, MAX_PIXELS) is None


def test_programs_are_not_started_on_a_picture():
    with pytest.raises(UndecodableImage, match="a format that is not decoded"):
        header(encoded(noise(), "EPS"))


# The pixel limit


@pytest.mark.parametrize("decode", [Picture.luma, attrgetter("converted"), Picture.record_bytes])
@pytest.mark.parametrize("name", WEB)
def test_limit_is_on_the_product_and_inclusive(name, decode, monkeypatch):
    pixels = SIZE[0] * SIZE[1]
    decode(Picture(WEB[name], pixels))
    monkeypatch.setattr(Image, "_getdecoder", None)  # to call it would be another error
    with pytest.raises(UndecodableImage, match=f"60 x 40 pixels; the limit is {pixels - 1}"):
        decode(Picture(WEB[name], pixels - 1))
    assert thumbnail(WEB[name], 64, pixels - 1) is None


def test_huge_header_is_read_in_silence(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 89_478_485)  # the default; Keras changes it
    start = (b"IHDR", struct.pack(">IIBBBBB", 100_000, 90_000, 1, 0, 0, 0, 0))
    data = chunked([start, (b"IDAT", zlib.compress(b"")), (b"IEND", b"")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (header(data).width, header(data).height) == (100_000, 90_000)
        with pytest.raises(UndecodableImage, match="100000 x 90000 pixels; the limit is 89478485"):
            Picture(data, 89_478_485).luma()
    assert Image.MAX_IMAGE_PIXELS == 89_478_485


@pytest.mark.parametrize("name", FILES)
def test_pillows_limit_does_not_fire_below_ours(name, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Picture(FILES[name], MAX_PIXELS).luma().shape == (128, 128)


# Luma and conversion


@pytest.mark.parametrize("name", FILES)
def test_luma_is_near_a_full_decode(name):
    found = Picture(FILES[name], MAX_PIXELS).luma()
    assert found.shape == (128, 128) and found.dtype == np.uint8
    if name.endswith("-1"):
        return  # dither depends on the way of scaling
    full = Picture(FILES[name], MAX_PIXELS).converted.convert("L").resize((128, 128), Image.Resampling.BILINEAR)
    assert np.abs(found.astype(int) - np.asarray(full)).mean() < 3


@pytest.mark.parametrize("size", [(700, 400), (128, 128), (2000, 130), (1, 1)])
def test_large_jpeg_is_decoded_small(size, monkeypatch):
    data = encoded(noise(size=size), "JPEG")
    loaded = []
    load = ImageFile.ImageFile.load
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: loaded.append(image.size) or load(image))
    Picture(data, MAX_PIXELS).luma()
    scale = max(s for s in (1, 2, 4, 8) if s == 1 or min(size) // 128 >= s)
    assert loaded[0] == (-(-size[0] // scale), -(-size[1] // scale))


WIDE = ("PNG", "TIFF", "PPM", "JPEG2000", "IM")  # formats of 16 bits a sample


def is_faithful(name: str) -> bool:
    """Returns whether Pillow wrote the image unchanged: not dithered, rescaled, or 16 bits cut to 8."""
    format, mode = name.split("-")
    return mode not in ("1", "PA") and format not in ("ICO", "ICNS", "SPIDER") and (mode[0] != "I" or format in WIDE)


@pytest.mark.parametrize("name", filter(is_faithful, FILES))
def test_conversion_is_the_picture(name):
    gray = name.split("-")[1] in ("L", "I", "F", "LA", "I;16", "I;16B")
    image = np.asarray(Picture(FILES[name], MAX_PIXELS).converted.convert("RGB"), int)
    expected = np.asarray(noise().convert("L" if gray else "RGB").convert("RGB"), int)
    assert np.abs(image - expected).mean() < (20 if "CMYK" in name else 12)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossless_gray_and_rgb_are_untouched(mode):
    assert np.array_equal(Picture(encoded(noise().convert(mode), "PNG"), MAX_PIXELS).converted, noise().convert(mode))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_16_bit_gray_is_divided_by_256(format):
    values = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    image = Picture(encoded(Image.fromarray(values), format), MAX_PIXELS).converted
    assert np.array_equal(image, values >> 8)


def over_white(rgba: np.ndarray) -> np.ndarray:
    colour, alpha = rgba[..., :-1].astype(float), rgba[..., -1:] / 255
    return colour * alpha + 255 * (1 - alpha)


ALPHA = ["PNG-RGBA", "PNG-LA", "PNG-P", "TIFF-RGBA", "TIFF-LA", "WEBP-RGBA", "GIF-RGBA", "JPEG2000-RGBA", "AVIF-RGBA"]


@pytest.mark.parametrize("name", ALPHA)
def test_transparency_is_over_white(name):
    format, mode = name.split("-")
    rgba = noise().convert("RGBA")
    rgba.putalpha(Image.fromarray(np.tile(np.repeat([0, 255], 30), (40, 1)).astype(np.uint8)))
    image = rgba.convert(mode) if mode != "P" else rgba.quantize(64, Image.Quantize.FASTOCTREE)
    data = encoded(image, format, **({"lossless": True} if format == "WEBP" else {}))
    found = np.asarray(Picture(data, MAX_PIXELS).converted.convert("RGB"), float)
    expected = over_white(np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")))
    assert np.abs(found - expected).max() <= 1
    assert (found[:, :30] == 255).all() and not (found[:, 30:] == 255).all()


def test_half_transparency_is_blended():
    rgba = np.full((4, 4, 4), (200, 100, 0, 128), np.uint8)
    found = np.asarray(Picture(encoded(Image.fromarray(rgba), "PNG"), MAX_PIXELS).converted, float)
    assert np.abs(found - over_white(rgba)).max() <= 1


@pytest.mark.parametrize(("depth", "colour"), [(1, 0), (8, 0), (16, 0), (8, 2), *PALETTE_PNG])
def test_transparent_colour_of_png_is_white(depth, colour):
    """The samples of the first pixel are named transparent; 16-bit ones are compared before they are cut."""
    plain = png(depth, colour)
    rows = zlib.decompress(plain[plain.index(b"IDAT") + 4 : -16])
    samples = np.unpackbits(np.frombuffer(rows[1:7], np.uint8))[: depth * (3 if colour == 2 else 1)]
    words = [int("".join(map(str, word)), 2) for word in samples.reshape(-1, depth)]
    value = bytes(words[0]) + b"\0" if colour == 3 else struct.pack(f">{len(words)}H", *words)
    image = Picture(png(depth, colour, chunks=((b"tRNS", value),)), MAX_PIXELS).converted
    first, unlike = np.asarray(image)[0, 0], np.asarray(image) != np.asarray(Picture(plain, MAX_PIXELS).converted)
    assert (first == 255).all() and unlike.sum() < unlike.size
    if depth == 16:
        assert unlike.reshape(*unlike.shape[:2], -1).any(axis=2).sum() <= 1


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_first_frame_counts(format):
    data = encoded(noise(1), format, save_all=True, append_images=[noise(2), noise(3)])
    first = np.asarray(noise(1), int)
    assert np.abs(np.asarray(Picture(data, MAX_PIXELS).converted, int) - first).mean() < 12


def test_conversion_does_not_depend_on_what_was_asked_before():
    for data in WEB.values():
        picture, other = Picture(data, MAX_PIXELS), Picture(data, MAX_PIXELS)
        found = picture.luma(), picture.record_bytes(), picture.thumbnail(20), picture.converted
        turned = other.converted, other.thumbnail(20), other.record_bytes(), other.luma()
        assert np.array_equal(found[0], turned[3]) and found[1:3] == (turned[2], turned[1])
        assert np.array_equal(found[3], turned[0])


@pytest.mark.parametrize("name", [name for name in WEB if not name.startswith("TIFF")])
def test_truncated_is_undecodable(name):
    data = WEB[name]
    for size in range(0, len(data) // 2, max(len(data) // 40, 1)):
        with pytest.raises(UndecodableImage):
            Picture(data[:size], MAX_PIXELS).luma()
        with pytest.raises(UndecodableImage):
            Picture(data[:size], MAX_PIXELS).record_bytes()


@pytest.mark.slow
def test_damaged_files_of_every_format():
    """Whatever is wrong with the bytes, it is one exception."""
    dice = random.Random("every format")
    decoded = 0
    for _ in range(3000):
        data = damaged(dice.choice(list(FILES.values())), dice)
        try:
            picture = Picture(data, MAX_PIXELS)
            size = picture.header.width, picture.header.height
            assert picture.luma().shape == (128, 128) and picture.converted.size == size
            decoded += 1
        except UndecodableImage:
            continue
    assert decoded > 400


# Thumbnails


@pytest.mark.parametrize("name", WEB)
def test_thumbnail_is_a_small_jpeg(name):
    image = Image.open(io.BytesIO(thumbnail(WEB[name], 30, MAX_PIXELS)))
    assert (image.format, image.size) == ("JPEG", (30, 20)) and image.mode in ("L", "RGB")


def test_thumbnail_keeps_proportions_and_never_grows():
    sizes = [Image.open(io.BytesIO(thumbnail(WEB["JPEG-RGB"], side, MAX_PIXELS))).size for side in (15, 60, 500)]
    assert sizes == [(15, 10), SIZE, SIZE]
    large = thumbnail(encoded(noise(size=(1000, 500)), "JPEG"), 100, MAX_PIXELS)
    assert Image.open(io.BytesIO(large)).size == (100, 50)


@pytest.mark.parametrize(("size", "decoded"), [((90, 79), (90, 79)), ((79, 90), (79, 90)), ((90, 80), (45, 40))])
def test_a_jpeg_that_can_not_be_halved_is_decoded_once(size, decoded):
    picture = Picture(encoded(noise(size=size), "JPEG"), MAX_PIXELS)
    small = picture.at_least(40)
    assert small.size == decoded and (small is picture.converted) == (decoded == size)
    drafted = Image.open(io.BytesIO(picture.data))
    drafted.draft("RGB", (40, 40))
    assert np.array_equal(np.asarray(small), np.asarray(drafted))
