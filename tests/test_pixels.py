"""Pixels against Pillow's own decoding, numpy's arithmetic and TensorFlow's `decode_image`; whole and damaged files."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageFile

from filters.pixels import Picture, Undecodable, convert, header, luma, record_bytes, thumbnail

MAX_PIXELS = 2_000_000
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SUFFIXES = (".jpg", ".png", ".webp")
REAL = [path for path in sorted(DATA.rglob("*")) if path.suffix in SUFFIXES and path.stat().st_size < 60_000][::9]
MODES = ["1", "L", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "I;16", "I;16B"]
SIZE = (60, 40)


def noise(seed: int = 0, size: tuple[int, int] = SIZE) -> Image.Image:
    """A soft RGB picture with 60 colours, so that a palette loses nothing."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 7, 3), np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).quantize(60).convert("RGB")


def in_mode(mode: str) -> Image.Image:
    """The picture; 16 bits a sample in the integer modes."""
    if mode.startswith("I"):
        wide = Image.fromarray(np.asarray(noise().convert("L")).astype(np.uint16) * 257)
        return wide if mode == "I;16" else wide.convert("I").convert(mode)
    return noise().quantize(60) if mode == "P" else noise().convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def every_format_and_mode() -> Iterator[tuple[str, bytes]]:
    """All that Pillow writes and reads again without another program."""
    Image.init()
    for format in sorted(set(Image.SAVE) & set(Image.OPEN) - {"EPS", "WMF"}):
        for mode in MODES:
            try:
                data = encoded(in_mode(mode), format)
                image = Image.open(io.BytesIO(data))
                image.load()
                assert image.has_transparency_data in (True, False)  # it fails where Pillow loses an ICNS's palette
            except (OSError, ValueError, KeyError, SystemError, AssertionError):
                continue
            yield f"{format}-{mode}", data


FILES = dict(every_format_and_mode())
WEB_FORMATS = {"JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"}
WEB = {name: data for name, data in FILES.items() if name.split("-")[0] in WEB_FORMATS}
JPEG_OPTIONS: list[dict[str, object]] = [
    {},
    {"progressive": True},
    {"subsampling": 0},
    {"restart_marker_rows": 1},
    {"optimize": True},
    {"comment": b"x" * 50},
]
GRAY_PNG, RGB_PNG = [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0)], [(8, 2), (16, 2)]  # depth, colour type
PALETTE_PNG, ALPHA_PNG = [(1, 3), (2, 3), (4, 3), (8, 3)], [(8, 4), (16, 4), (8, 6), (16, 6)]


def png(
    depth: int, colour: int, interlaced: bool = False, chunks: tuple[tuple[bytes, bytes], ...] = (), spare: int = 0
) -> bytes:
    """A PNG of random samples, made by hand; `spare` bytes more or fewer than its rows need."""
    rng = np.random.default_rng(depth * 8 + colour)
    width, height = SIZE
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = b""
    for left, top, right, down in passes:
        row = len(range(left, width, right)) * bits
        rows += b"".join(b"\0" + rng.bytes(-(-row // 8)) for _ in range(top, height, down))
    palette = ((b"PLTE", rng.bytes(3 << depth)),) if colour == 3 else ()
    start = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    rows = rows + bytes(spare) if spare >= 0 else rows[:spare]
    return chunked([start, *palette, *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])


def chunked(chunks: list[tuple[bytes, bytes]]) -> bytes:
    checked = [struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(checked)


def tensorflow_reads(data: bytes) -> tuple[int, ...] | None:
    """Height, width and channels as TensorFlow sees them, None if it refuses."""
    try:
        return tuple(tf.io.decode_image(data, expand_animations=False).shape)
    except tf.errors.InvalidArgumentError:
        return None


def assert_record(data: bytes) -> bool:
    """That the record bytes of `data` are as promised; whether they are the original ones."""
    picture = Picture(data, MAX_PIXELS)
    record = picture.record_bytes()
    read = tensorflow_reads(record)
    assert read is not None and read[2] in (1, 3)
    assert read[:2] == (picture.header.height, picture.header.width)
    if record is not data:
        assert (picture.converted.mode, read[2]) in {("L", 1), ("RGB", 3)}
    return record is data


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
    with pytest.raises(Undecodable, match="decoded"):
        luma(WEB[name], MAX_PIXELS)


def test_size_is_before_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(noise(), "JPEG", exif=exif)
    assert (header(data).width, header(data).height) == SIZE
    assert convert(data, MAX_PIXELS).size == SIZE


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"<html><body>404</body></html>", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_no_image_is_undecodable(data):
    with pytest.raises(Undecodable, match=r"^[^\n]+$"):
        header(data)
    assert thumbnail(data, 64, MAX_PIXELS) is None


def test_programs_are_not_started_on_a_picture():
    with pytest.raises(Undecodable, match="no image format"):
        header(encoded(noise(), "EPS"))


# The pixel limit


@pytest.mark.parametrize("decode", [luma, convert, record_bytes])
@pytest.mark.parametrize("name", WEB)
def test_limit_is_on_the_product_and_inclusive(name, decode, monkeypatch):
    pixels = SIZE[0] * SIZE[1]
    decode(WEB[name], pixels)
    monkeypatch.setattr(Image, "_getdecoder", None)  # to call it would be another error
    with pytest.raises(Undecodable, match=f"60 x 40 pixels; the limit is {pixels - 1}"):
        decode(WEB[name], pixels - 1)
    assert thumbnail(WEB[name], 64, pixels - 1) is None


def test_huge_header_is_read_in_silence(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 89_478_485)  # the default; Keras changes it
    start = (b"IHDR", struct.pack(">IIBBBBB", 100_000, 90_000, 1, 0, 0, 0, 0))
    data = chunked([start, (b"IDAT", zlib.compress(b"")), (b"IEND", b"")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (header(data).width, header(data).height) == (100_000, 90_000)
        with pytest.raises(Undecodable, match="100000 x 90000 pixels; the limit is 89478485"):
            luma(data, 89_478_485)
    assert Image.MAX_IMAGE_PIXELS == 89_478_485


@pytest.mark.parametrize("name", FILES)
def test_pillows_limit_does_not_fire_below_ours(name, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert luma(FILES[name], MAX_PIXELS).shape == (128, 128)


# Luma and conversion


@pytest.mark.parametrize("name", FILES)
def test_luma_is_near_a_full_decode(name):
    found = luma(FILES[name], MAX_PIXELS)
    assert found.shape == (128, 128) and found.dtype == np.uint8
    if name.endswith("-1"):
        return  # dither depends on the way of scaling
    full = convert(FILES[name], MAX_PIXELS).convert("L").resize((128, 128), Image.Resampling.BILINEAR)
    assert np.abs(found.astype(int) - np.asarray(full)).mean() < 3


@pytest.mark.parametrize("size", [(700, 400), (128, 128), (2000, 130), (1, 1)])
def test_large_jpeg_is_decoded_small(size, monkeypatch):
    data = encoded(noise(size=size), "JPEG")
    loaded = []
    load = ImageFile.ImageFile.load
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: loaded.append(image.size) or load(image))
    luma(data, MAX_PIXELS)
    scale = max(s for s in (1, 2, 4, 8) if s == 1 or min(size) // 128 >= s)
    assert loaded[0] == (-(-size[0] // scale), -(-size[1] // scale))


WIDE = ("PNG", "TIFF", "PPM", "JPEG2000", "IM")  # formats of 16 bits a sample


def is_faithful(name: str) -> bool:
    """Whether Pillow wrote the picture as it is: not dithered, rescaled, or 16 bits cut to 8."""
    format, mode = name.split("-")
    return mode not in ("1", "PA") and format not in ("ICO", "ICNS", "SPIDER") and (mode[0] != "I" or format in WIDE)


@pytest.mark.parametrize("name", filter(is_faithful, FILES))
def test_conversion_is_the_picture(name):
    gray = name.split("-")[1] in ("L", "I", "F", "LA", "I;16", "I;16B")
    image = np.asarray(convert(FILES[name], MAX_PIXELS).convert("RGB"), int)
    expected = np.asarray(noise().convert("L" if gray else "RGB").convert("RGB"), int)
    assert np.abs(image - expected).mean() < (20 if "CMYK" in name else 12)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossless_gray_and_rgb_are_untouched(mode):
    assert np.array_equal(convert(encoded(noise().convert(mode), "PNG"), MAX_PIXELS), noise().convert(mode))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_16_bit_gray_is_divided_by_256(format):
    values = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    image = convert(encoded(Image.fromarray(values), format), MAX_PIXELS)
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
    found = np.asarray(convert(data, MAX_PIXELS).convert("RGB"), float)
    expected = over_white(np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")))
    assert np.abs(found - expected).max() <= 1
    assert (found[:, :30] == 255).all() and not (found[:, 30:] == 255).all()


def test_half_transparency_is_blended():
    rgba = np.full((4, 4, 4), (200, 100, 0, 128), np.uint8)
    found = np.asarray(convert(encoded(Image.fromarray(rgba), "PNG"), MAX_PIXELS), float)
    assert np.abs(found - over_white(rgba)).max() <= 1


@pytest.mark.parametrize(("depth", "colour"), [(1, 0), (8, 0), (16, 0), (8, 2), *PALETTE_PNG])
def test_transparent_colour_of_png_is_white(depth, colour):
    """The samples of the first pixel are named transparent; 16-bit ones are compared before they are cut."""
    plain = png(depth, colour)
    rows = zlib.decompress(plain[plain.index(b"IDAT") + 4 : -16])
    samples = np.unpackbits(np.frombuffer(rows[1:7], np.uint8))[: depth * (3 if colour == 2 else 1)]
    words = [int("".join(map(str, word)), 2) for word in samples.reshape(-1, depth)]
    value = bytes(words[0]) + b"\0" if colour == 3 else struct.pack(f">{len(words)}H", *words)
    image = convert(png(depth, colour, chunks=((b"tRNS", value),)), MAX_PIXELS)
    first, unlike = np.asarray(image)[0, 0], np.asarray(image) != np.asarray(convert(plain, MAX_PIXELS))
    assert (first == 255).all() and unlike.sum() < unlike.size
    if depth == 16:
        assert unlike.reshape(*unlike.shape[:2], -1).any(axis=2).sum() <= 1


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_first_frame_counts(format):
    data = encoded(noise(1), format, save_all=True, append_images=[noise(2), noise(3)])
    first = np.asarray(noise(1), int)
    assert np.abs(np.asarray(convert(data, MAX_PIXELS), int) - first).mean() < 12


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
        with pytest.raises(Undecodable):
            luma(data[:size], MAX_PIXELS)
        with pytest.raises(Undecodable):
            record_bytes(data[:size], MAX_PIXELS)


# Record bytes


@pytest.mark.parametrize("name", FILES)
def test_record_of_every_format_and_mode(name):
    kept = assert_record(FILES[name])
    read = tensorflow_reads(FILES[name])
    original = name.startswith(("JPEG-", "MPO", "PNG")) and read is not None and read[2] in (1, 3)
    assert kept == original


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("depth", "colour"), GRAY_PNG + RGB_PNG + PALETTE_PNG + ALPHA_PNG)
def test_record_of_every_kind_of_png(depth, colour, interlaced):
    data = png(depth, colour, interlaced)
    assert assert_record(data) == (tensorflow_reads(data)[2] in (1, 3))
    assert assert_record(data + b"trailing") == (colour not in (4, 6))


@pytest.mark.parametrize(("depth", "colour"), [(8, 0), (8, 2), (8, 3), (16, 0), (16, 2)])
def test_record_of_png_with_transparent_colour(depth, colour):
    value = {0: b"\0\5", 2: b"\0\1\0\2\0\3", 3: b"\0\x80\xff"}[colour]
    data = png(depth, colour, chunks=((b"tRNS", value),))
    assert assert_record(data) == (tensorflow_reads(data)[2] in (1, 3)) == (colour != 3)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("spare", [1, 300, 100_000])
def test_png_with_too_many_rows_is_converted(spare, interlaced):
    assert not assert_record(png(8, 2, interlaced, spare=spare))


@pytest.mark.parametrize(("place", "interlaced"), [(10, False), (12, True)])
def test_png_of_unknown_methods_is_converted(place, interlaced):
    """Compression and interlacing; Pillow looks at the filtering alone."""
    data = bytearray(png(8, 2, interlaced))
    data[16 + place] = 2
    assert tensorflow_reads(with_checksums(bytes(data))) is None
    assert not assert_record(with_checksums(bytes(data)))


def test_png_with_far_too_few_rows_is_converted():
    """Pillow leaves the rest black where the stream ends well before the image does."""
    data = png(1, 0).replace(struct.pack(">I", SIZE[1]), struct.pack(">I", 20_000), 1)
    data = with_checksums(data)
    assert tensorflow_reads(data) is None
    assert not assert_record(data)


@pytest.mark.parametrize("cut", range(1, 17))
def test_png_without_a_whole_end_is_converted(cut):
    data = WEB["PNG-RGB"]
    assert tensorflow_reads(data[:-cut]) is None
    assert not assert_record(data[:-cut])


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}, {"optimize": True}]
)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_is_kept(mode, options):
    data = encoded(noise(size=(200, 150)).convert(mode), "JPEG", **options)
    assert assert_record(data) and assert_record(data + b"trailing")


def test_jpeg_with_several_pictures_is_kept():
    assert assert_record(encoded(noise(), "MPO", save_all=True, append_images=[noise(1)]))


def test_jpeg_without_an_end_is_converted():
    data = WEB["JPEG-RGB"][:-1] + b"\xda"
    assert tensorflow_reads(data) is None
    assert not assert_record(data)


def test_converted_record_is_jpeg_of_quality_95():
    data = encoded(noise().convert("RGBA"), "PNG")
    assert record_bytes(data, MAX_PIXELS) == encoded(noise(), "JPEG", quality=95)


@pytest.mark.parametrize(("side", "fits"), [(65_500, True), (65_501, False)])
def test_sides_end_where_jpegs_do(side, fits):
    data = encoded(Image.new("L", (side, 2)), "TIFF")
    assert luma(data, MAX_PIXELS).shape == (128, 128)
    if fits:
        assert_record(data)
    else:
        with pytest.raises(Undecodable):
            record_bytes(data, MAX_PIXELS)


def test_converted_record_carries_no_comment():
    data = encoded(noise(), "GIF", comment=b"made by hand")
    assert b"made by hand" in data and b"made by hand" not in record_bytes(data, MAX_PIXELS)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_record_of_a_real_picture(path):
    data = path.read_bytes()
    read = tensorflow_reads(data)
    kept = assert_record(data) if header(data).width * header(data).height <= MAX_PIXELS else None
    if kept is not None and header(data).format in ("JPEG", "MPO", "PNG"):
        assert kept == (read is not None and read[2] in (1, 3))


# Damaged files


def damaged(data: bytes, dice: random.Random) -> bytes:
    """One kind of damage: cut, bytes changed (mostly near the start), removed, doubled, markers planted."""
    raw, kind = bytearray(data), dice.randrange(6)
    near = min(len(raw), 900) if dice.random() < 0.5 else len(raw)
    place = dice.randrange(near)
    if kind == 0:
        del raw[dice.choice([place, len(raw) - dice.randrange(1, 20)]) :]
    elif kind == 1:
        del raw[place : place + dice.randrange(1, 40)]
    elif kind == 2:
        raw[place:place] = raw[dice.randrange(near) :][: dice.randrange(1, 200)]
    elif kind == 3:
        raw[place : place + 2] = bytes([0xFF, dice.randrange(256)])
    else:
        for _ in range(dice.choice([1, 1, 2, 5, 30])):
            raw[dice.randrange(near)] = dice.randrange(256)
    return with_checksums(bytes(raw)) if data.startswith(b"\x89PNG") and dice.random() < 0.6 else bytes(raw)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose damage is not told by its checksums."""
    return chunked(chunks_of(data))


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return chunks


def disordered(data: bytes, dice: random.Random) -> bytes:
    """A PNG with a chunk doubled, dropped, moved, renamed, cut, split or put in, all checksums right."""
    chunks, kind = chunks_of(data), dice.randrange(7)
    place, other = dice.randrange(len(chunks)), dice.randrange(len(chunks))
    name, body = chunks[place]
    cut, new = dice.randrange(len(body) + 1), dice.choice(CHUNK_NAMES)
    if kind == 0:
        chunks.insert(other, chunks[place])
    elif kind == 1:
        del chunks[place]
    elif kind == 2:
        chunks[place], chunks[other] = chunks[other], chunks[place]
    elif kind == 3:
        chunks[place] = new, body
    elif kind == 4:
        chunks[place] = name, body[:cut]
    elif kind == 5:
        chunks[place : place + 1] = [(name, body[:cut]), (name, body[cut:])]
    else:
        chunks.insert(other, (new, dice.randbytes(dice.choice([0, 1, 2, 3, 6, 13, 30]))))
    return chunked(chunks)


CHUNK_NAMES = [
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"iCCP",
    b"acTL",
    b"fdAT",
    b"eXIf",
    b"ABCD",
    b"abCD",
]


def jpegs() -> list[bytes]:
    pictures = [noise(size=(90, 70)).convert(mode) for mode in ("L", "RGB", "CMYK")]
    return [encoded(picture, "JPEG", **options) for picture in pictures for options in JPEG_OPTIONS]


def pngs() -> list[bytes]:
    kinds = [(1, 0), (8, 0), (16, 0), (8, 2), (4, 3), (8, 3)]
    return [png(depth, colour, interlaced) for depth, colour in kinds for interlaced in (False, True)]


SOURCES = {"jpeg": jpegs(), "png": pngs(), "web": list(WEB.values())}
if REAL:
    SOURCES["real"] = [path.read_bytes() for path in REAL]


@pytest.mark.parametrize(("kind", "cases"), [(kind, 300 if kind == "real" else 4000) for kind in SOURCES])
def test_records_of_damaged_files(kind, cases):
    dice = random.Random(kind)
    decoded = kept = 0
    for _ in range(cases):
        data = damaged(dice.choice(SOURCES[kind]), dice)
        try:
            kept += assert_record(data)
            decoded += 1
        except Undecodable as error:
            assert "\n" not in str(error)
    assert decoded > cases / 20 and (kept > 0 or kind == "web")


def test_records_of_disordered_png():
    dice = random.Random("chunks")
    kept = converted = 0
    for _ in range(4000):
        data = disordered(dice.choice(SOURCES["png"]), dice)
        try:
            kept, converted = (kept + 1, converted) if assert_record(data) else (kept, converted + 1)
        except Undecodable:
            continue
    assert kept > 500 and converted > 200


def test_damaged_files_of_every_format():
    """Whatever is wrong with the bytes, it is one exception."""
    dice = random.Random("every format")
    decoded = 0
    for _ in range(4000):
        data = damaged(dice.choice(list(FILES.values())), dice)
        try:
            picture = Picture(data, MAX_PIXELS)
            size = picture.header.width, picture.header.height
            assert picture.luma().shape == (128, 128) and picture.converted.size == size
            decoded += 1
        except Undecodable:
            continue
    assert decoded > 500


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
