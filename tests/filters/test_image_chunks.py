"""Parts of a PNG or a GIF that hold no pixels: whatever is in them, the image is read as TensorFlow reads it."""

import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf

from filters.gif import without_extensions
from filters.picture import Picture
from filters.png import without_ancillary
from tests.support.pictures import FILES, MAX_PIXELS, PALETTE_PNG, WEB, chunked, chunks_of, encoded, noise, png

pytestmark = pytest.mark.slow

PLAIN = encoded(noise(), "PNG")
PLAIN_GIF = encoded(noise().quantize(60), "GIF")
MORE = 2_000_000
ODD = {
    "zTXt of 2 MB": [(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(MORE)))],
    "iTXt of 2 MB": [(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * MORE))],
    "tEXt of 2 MB": [(b"tEXt", b"Comment\0" + b"x" * MORE)],
    "iCCP of 2 MB": [(b"iCCP", b"ICC\0\0" + zlib.compress(bytes(MORE)))],
    "iCCP of 30 MB": [(b"iCCP", b"ICC\0\0" + zlib.compress(bytes(30_000_000), 1))],
    "iCCP by another method": [(b"iCCP", b"ICC\0\1" + zlib.compress(bytes(100)))],
    "zTXt by another method": [(b"zTXt", b"Comment\0\1" + zlib.compress(b"x"))],
    **{f"{name.decode()} without content": [(name, b"")] for name in (b"pHYs", b"gAMA", b"sRGB", b"cHRM", b"iTXt")},
    "eXIf of junk": [(b"eXIf", b"junk")],
    "acTL of no frames": [(b"acTL", bytes(8))],
    "acTL without fcTL": [(b"acTL", struct.pack(">II", 2, 0))],
    "fcTL larger than the picture": [
        (b"acTL", struct.pack(">II", 1, 0)),
        (b"fcTL", struct.pack(">IIIIIHHBB", 0, 999, 256, 0, 0, 1, 1, 0, 0)),
    ],
    "unknown": [(b"abCd", b"\0")],
    **{f"tRNS of {length} bytes": [(b"tRNS", bytes(length))] for length in (0, 2, 5, 7)},
}


def with_chunks(data: bytes, more: list[tuple[bytes, bytes]]) -> bytes:
    first, *others = chunks_of(data)
    return chunked([first, *more, *others])


@pytest.mark.parametrize("name", ODD)
def test_png_with_an_odd_chunk_is_the_picture_that_tensorflow_reads(name: str) -> None:
    data = with_chunks(PLAIN, ODD[name])
    read = tf.io.decode_image(data).numpy()
    assert np.array_equal(Picture(data, MAX_PIXELS).converted, read) and np.array_equal(read, noise())
    assert Picture(data, MAX_PIXELS).record_bytes() == data


@pytest.mark.parametrize("name", ["zTXt of 2 MB", "pHYs without content"])
def test_an_odd_chunk_behind_the_pixels_is_one_too(name: str) -> None:
    *others, pixels, end = chunks_of(PLAIN)
    data = chunked([*others, pixels, *ODD[name], end])
    assert np.array_equal(Picture(data, MAX_PIXELS).converted, tf.io.decode_image(data).numpy())


def test_an_ancillary_chunk_with_a_wrong_checksum_is_skipped_and_the_record_converted() -> None:
    data = with_chunks(PLAIN, [(b"tEXt", b"Comment\0good")]).replace(b"good", b"evil")
    assert np.array_equal(Picture(data, MAX_PIXELS).converted, noise())
    assert tf.io.decode_image(Picture(data, MAX_PIXELS).record_bytes()).shape == (40, 60, 3)


def test_transparency_with_a_wrong_checksum_is_skipped() -> None:
    data = with_chunks(PLAIN, [(b"tRNS", b"\0\1\0\2\0\3")]).replace(b"\0\1\0\2\0\3", b"\0\1\0\2\0\4")
    assert np.array_equal(Picture(data, MAX_PIXELS).converted, tf.io.decode_image(data, channels=3).numpy())


def test_critical_chunks_and_transparency_stay() -> None:
    for depth, colour in PALETTE_PNG:
        data = png(depth, colour, chunks=((b"tRNS", b"\0\x80"), (b"tEXt", b"a\0b")))
        assert [name for name, _ in chunks_of(without_ancillary(data))] == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


def test_a_png_without_ancillary_chunks_is_not_copied() -> None:
    assert without_ancillary(PLAIN) is PLAIN
    assert without_ancillary(PLAIN + b"tail" * 9) is not None


@pytest.mark.parametrize("cut", range(8, 140, 7))
def test_what_is_left_of_a_cut_png_never_grows(cut: int) -> None:
    data = with_chunks(PLAIN, [(b"tEXt", b"Comment\0some text")])[:cut]
    assert data.startswith(without_ancillary(data)[:33]) and len(without_ancillary(data)) <= len(data)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("GIF")])
def test_gif_with_many_comments_is_the_same_picture(name: str) -> None:
    data = FILES[name]
    begin = 13 + (3 << (data[10] & 7) + 1)
    many = data[:begin] + b"\x21\xfe\1a\0" * 5_000 + b"\x21\xff\x0bXMP DataXMP\3abc\0" + data[begin:]
    assert len(without_extensions(many)) <= len(data)
    assert np.array_equal(Picture(many, MAX_PIXELS).converted, Picture(data, MAX_PIXELS).converted)


def test_transparent_colour_of_a_gif_stays_behind_its_comments() -> None:
    rgba = noise().convert("RGBA")
    rgba.putalpha(noise(3).convert("L").point(lambda value: 255 * (value > 127)))
    data = encoded(rgba, "GIF", comment=b"x" * 3000)
    found = np.asarray(Picture(data, MAX_PIXELS).converted)
    assert (found == 255).all(axis=2).mean() > 0.1 and b"xxx" not in without_extensions(data)


def test_gif_that_ends_in_its_extensions_is_no_picture_but_no_crash() -> None:
    begin = 13 + (3 << (PLAIN_GIF[10] & 7) + 1)
    for tail in (b"", b"\x21", b"\x21\xfe", b"\x21\xfe\xff", b"\x21\xfe\1a\0", b"\x21\xf9\4"):
        assert len(without_extensions(PLAIN_GIF[:begin] + tail)) <= begin + len(tail)
    assert without_extensions(WEB["GIF-P"][:10]) == WEB["GIF-P"][:10]
