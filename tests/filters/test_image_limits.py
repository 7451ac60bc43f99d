"""Images that would take too much memory or time are refused from their header, at the exact bound."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from filters import limits
from filters.image_errors import ImageError
from filters.jpeg2000 import check_parts
from filters.originals import count_scans
from filters.picture import Picture, UndecodableImage, header
from tests.support.pictures import WEB, encoded, noise

PIXELS = limits.PIXELS
BUDGET = limits.BYTES_A_PIXEL * PIXELS
WEBP_BYTES, JPEG2000_BYTES = 20, 28


def refused(data: bytes, max_pixels: int = PIXELS) -> str | None:
    """Why an image is not decoded; None where it is. A decode that the limits allow is stopped as it begins."""
    try:
        Picture(data, max_pixels).luma()
    except UndecodableImage as error:
        return error.error
    return None


def with_scans(image: Image.Image, more: int) -> bytes:
    """A progressive JPEG whose last scan comes `more` times again."""
    data = encoded(image, "JPEG", progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * more + b"\xff\xd9"


def webp(width: int, height: int) -> bytes:
    """The header of a lossless WebP, without pixels."""
    bits = struct.pack("<BI", 0x2F, width - 1 | height - 1 << 14 | 1 << 28) + bytes(9)
    return b"RIFF" + struct.pack("<I", 12 + len(bits)) + b"WEBPVP8L" + struct.pack("<I", len(bits)) + bits


@pytest.mark.parametrize("width", [1000, 16383])
def test_webp_is_refused_from_one_row_over_its_share(width: int) -> None:
    height = BUDGET // (WEBP_BYTES * width)
    assert refused(webp(width, min(height + 1, 16383))) == (
        ImageError.REFUSED if height < 16383 else ImageError.TRUNCATED
    )
    assert header(webp(width, min(height, 16383))).width == width


def test_a_webp_of_46_bytes_is_not_decoded() -> None:
    data = webp(9459, 9459)
    assert len(data) < 47 and refused(data) == ImageError.REFUSED
    assert refused(webp(16383, 16383)) == ImageError.OVER_LIMIT


def test_a_higher_pixel_limit_allows_more_memory() -> None:
    side = 5990  # 718 MB
    assert refused(webp(side, side)) == ImageError.REFUSED
    assert refused(webp(side, side), side**2 * 4) == ImageError.TRUNCATED


@pytest.mark.parametrize("scans", [1, 10, 300])
def test_scans_are_bounded_by_pixels(scans: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_scans(noise(size=(100, 80)).convert("L"), scans)
    total = count_scans(data)
    assert total == data.count(b"\xff\xda") == count_scans(with_scans(noise(size=(100, 80)).convert("L"), 0)) + scans
    monkeypatch.setattr(limits, "PIXELS", 8000)
    monkeypatch.setattr(limits, "BYTES_A_PIXEL", 10**6)
    for most, expected in ((total, None), (total - 1, ImageError.REFUSED)):
        monkeypatch.setattr(limits, "SCANS_A_PIXEL", most)
        assert refused(data, 8000) == expected


def test_a_progressive_jpeg_of_200_scans_is_refused_at_the_pixel_limit() -> None:
    data = with_scans(Image.new("L", (1000, 900)), 200)
    size = data.index(b"\xff\xc2") + 5
    assert refused(data) is None
    large = data[:size] + struct.pack(">HH", 9400, 9400) + data[size + 4 :]
    assert header(large).width == 9400 and refused(large) == ImageError.REFUSED


def test_scans_of_other_pictures_in_the_file_are_not_counted() -> None:
    data = with_scans(noise(), 0)
    assert count_scans(data + data) == count_scans(data)
    thumbnail = b"\xff\xe1\0\x06" + b"\xff\xda\xff\xda"
    assert count_scans(data[:2] + thumbnail + data[2:]) == count_scans(data)


@pytest.mark.parametrize(("subsampling", "bytes_a_pixel"), [(0, 10), (1, 8), (2, 8)])
def test_a_progressive_jpeg_counts_its_coefficients(subsampling: int, bytes_a_pixel: int) -> None:
    with Image.open(io.BytesIO(encoded(noise(), "JPEG", progressive=True, subsampling=subsampling))) as image:
        assert limits._memory(image, 10) == bytes_a_pixel * image.width * image.height
        assert limits._memory(image, 1) == 8 * image.width * image.height


def test_a_jpeg_of_one_scan_is_told_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "count_nonzero", None)
    for mode in ("L", "RGB", "CMYK"):
        assert refused(encoded(noise().convert(mode), "JPEG")) is None


@pytest.mark.parametrize(("side", "expected"), [(64, None), (13_440, ImageError.REFUSED)])
def test_a_tile_of_a_tiff_counts_as_a_whole(side: int, expected: str | None) -> None:
    """A gray picture of 64 x 64 pixels in one tile."""
    rows = b"\xc1\0" * 64
    tags = {256: 64, 257: 64, 258: 8, 259: 32773, 262: 1, 322: side, 323: side, 324: 8, 325: len(rows)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    assert refused(struct.pack("<2sHI", b"II", 42, 8 + len(rows)) + rows + directory) == expected


def test_tiff_in_another_compression_is_refused() -> None:
    data = encoded(noise(), "TIFF", compression="tiff_lzw")
    entry = data.index(struct.pack("<HHIHH", 259, 3, 1, 5, 0))
    for number in (6, 32809, 34676):
        assert refused(data[: entry + 8] + struct.pack("<H", number) + data[entry + 10 :]) == ImageError.REFUSED


@pytest.mark.parametrize(("count", "expected"), [(990, None), (1100, ImageError.REFUSED)])
def test_segments_before_the_pixels_of_a_jpeg_are_bounded(count: int, expected: str | None) -> None:
    data = WEB["JPEG-RGB"]
    content = bytes(1200)
    segment = b"\xff\xe1" + struct.pack(">H", len(content) + 8) + b"Exif\0\0" + content
    assert refused(data[:2] + segment * count + data[2:]) == expected


JPEG2000 = encoded(noise(size=(300, 300)), "JPEG2000", precinct_size=(256, 256))


@pytest.mark.parametrize(
    ("place", "value", "passes"), [(8, 2, True), (8, 1, False), (16, 0x55, True), (16, 0x45, False)]
)
def test_small_parts_of_a_jpeg_2000_are_refused(place: int, value: int, passes: bool) -> None:
    """Code blocks of 16 and precincts of 32 pixels are the least."""
    data = bytearray(JPEG2000)
    begin = data.index(b"\xff\x52") + 2
    style = begin + 2
    data[style + {8: 6, 16: 10 + data[style + 5]}[place]] = value
    if passes:
        check_parts(bytes(data))
        return
    with pytest.raises(UndecodableImage) as caught:
        check_parts(bytes(data))
    assert caught.value.error == ImageError.REFUSED
    assert refused(bytes(data)) == ImageError.REFUSED


def test_pictures_in_an_icon_are_bounded_though_its_header_does_not_tell() -> None:
    picture = encoded(Image.new("L", (4000, 4000)), "PNG")
    icon = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(picture), 22) + picture
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(UndecodableImage) as caught:
        header(icon)
    assert caught.value.error == ImageError.REFUSED and before == Image.MAX_IMAGE_PIXELS
