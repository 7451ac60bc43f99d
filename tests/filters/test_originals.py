"""Record bytes against TensorFlow's `decode_image`, on whole and damaged files."""

from __future__ import annotations

import random
import struct

import pytest
import tensorflow as tf
from PIL import Image

from filters.picture import Picture, UndecodableImage, header
from tests.support.damage import SOURCES, damaged, disordered
from tests.support.pictures import (
    ALPHA_PNG,
    FILES,
    GRAY_PNG,
    MAX_PIXELS,
    PALETTE_PNG,
    REAL,
    RGB_PNG,
    SIZE,
    WEB,
    encoded,
    noise,
    png,
    with_checksums,
)

pytestmark = pytest.mark.slow


def tensorflow_reads(data: bytes) -> tuple[int, ...] | None:
    """Height, width and channels as TensorFlow sees them, None if it refuses."""
    try:
        return tuple(tf.io.decode_image(data, expand_animations=False).shape)
    except tf.errors.InvalidArgumentError:
        return None


def assert_record(data: bytes) -> bool:
    """Checks that the record bytes of `data` are as promised; returns whether they are the original bytes."""
    picture = Picture(data, MAX_PIXELS)
    record = picture.record_bytes()
    read = tensorflow_reads(record)
    assert read is not None and read[2] in (1, 3)
    assert read[:2] == (picture.header.height, picture.header.width)
    if record is not data:
        assert (picture.converted.mode, read[2]) in {("L", 1), ("RGB", 3)}
    return record is data


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
    assert Picture(data, MAX_PIXELS).record_bytes() == encoded(noise(), "JPEG", quality=95)


@pytest.mark.parametrize(("side", "fits"), [(65_500, True), (65_501, False)])
def test_sides_end_where_jpegs_do(side, fits):
    data = encoded(Image.new("L", (side, 2)), "TIFF")
    assert Picture(data, MAX_PIXELS).luma().shape == (128, 128)
    if fits:
        assert_record(data)
    else:
        with pytest.raises(UndecodableImage):
            Picture(data, MAX_PIXELS).record_bytes()


def test_converted_record_carries_no_comment():
    data = encoded(noise(), "GIF", comment=b"made by hand")
    assert b"made by hand" in data and b"made by hand" not in Picture(data, MAX_PIXELS).record_bytes()


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_record_of_a_real_picture(path):
    data = path.read_bytes()
    read = tensorflow_reads(data)
    kept = assert_record(data) if header(data).width * header(data).height <= MAX_PIXELS else None
    if kept is not None and header(data).format in ("JPEG", "MPO", "PNG"):
        assert kept == (read is not None and read[2] in (1, 3))


@pytest.mark.parametrize(("kind", "cases"), [(kind, 300 if kind == "real" else 4000) for kind in SOURCES])
def test_records_of_damaged_files(kind, cases):
    dice = random.Random(kind)
    decoded = kept = 0
    for _ in range(cases):
        data = damaged(dice.choice(SOURCES[kind]), dice)
        try:
            kept += assert_record(data)
            decoded += 1
        except UndecodableImage as error:
            assert "\n" not in str(error)
    assert decoded > cases / 20 and (kept > 0 or kind == "web")


def test_records_of_disordered_png():
    dice = random.Random("chunks")
    kept = converted = 0
    for _ in range(4000):
        data = disordered(dice.choice(SOURCES["png"]), dice)
        try:
            kept, converted = (kept + 1, converted) if assert_record(data) else (kept, converted + 1)
        except UndecodableImage:
            continue
    assert kept > 500 and converted > 200
