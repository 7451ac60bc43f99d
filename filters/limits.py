"""Bounds the cost of decoding an image, by its header: memory, and the passes over a JPEG's pixels.

The bounds hold at the default pixel limit; a higher limit raises them in proportion.
"""

from __future__ import annotations

from math import prod

import numpy as np
from PIL import ImageFile

from filters.image_errors import ImageError, UndecodableImage
from filters.jpeg2000 import check_parts
from filters.originals import START_OF_SCAN, count_scans, has_few_segments

PIXELS = 89_478_485  # the default pixel limit
BYTES_A_PIXEL = 8  # per pixel of the limit: the decoded pixels and the converted ones, 716 MB at most
SCANS_A_PIXEL = 20  # per pixel of the limit: 2 seconds

# Largest measured bytes per pixel of the decoders that take more than `BYTES_A_PIXEL`
_DECODERS = {"AVIF": 20, "ICNS": 28, "JPEG2000": 28, "QOI": 9, "WEBP": 20}
_SEGMENTS = 1000  # segments of JPEG metadata, 65 kB each, which Pillow joins one by one
_LONG = 1 << 20  # bytes; in a smaller file the number of segments doesn't matter
_COEFFICIENT = 2  # bytes

# TIFF tags
_BITS, _SAMPLES, _ROWS, _TILE_WIDTH, _TILE_HEIGHT = 258, 277, 278, 322, 323


def check_segments(data: bytes) -> None:
    """Raises UndecodableImage if a JPEG has too many segments to open it."""
    if len(data) > _LONG and data.startswith(b"\xff\xd8") and not has_few_segments(data, _SEGMENTS):
        raise UndecodableImage(f"a JPEG with over {_SEGMENTS} segments before its pixels", ImageError.REFUSED)


def check_limits(image: ImageFile.ImageFile, data: bytes, max_pixels: int) -> None:
    """Raises UndecodableImage if decoding `image`, opened from `data` and not loaded, would exceed a limit."""
    pixels, bound = image.width * image.height, max(max_pixels, PIXELS)
    if pixels > max_pixels:
        message = f"{image.width} x {image.height} pixels; the limit is {max_pixels}"
        raise UndecodableImage(message, ImageError.OVER_LIMIT)
    if image.format in ("JPEG2000", "ICNS"):
        check_parts(data)
    scans = _scans(image, data)
    if scans * pixels > SCANS_A_PIXEL * bound and (scans := count_scans(data)) * pixels > SCANS_A_PIXEL * bound:
        raise UndecodableImage(f"{scans} scans of {pixels} pixels", ImageError.REFUSED)
    memory = _memory(image, scans)
    if memory > BYTES_A_PIXEL * bound:
        raise UndecodableImage(f"{memory / 1e6:.0f} MB to decode it", ImageError.REFUSED)


def _memory(image: ImageFile.ImageFile, scans: int) -> int:
    """Upper bound of the bytes that decoding takes, without the file itself."""
    pixels = image.width * image.height
    decoding = pixels * _DECODERS.get(image.format or "", BYTES_A_PIXEL)
    if scans > 1:
        decoding = pixels * 4 + _coefficients(image)
    elif image.format == "TIFF":
        decoding = pixels * 4 + _block(image)
    return max(decoding, pixels * BYTES_A_PIXEL)


def _coefficients(image: ImageFile.ImageFile) -> int:
    """Bytes of the coefficients of a JPEG of several scans; libjpeg holds all, some components at lower resolution."""
    samples = [(across, down) for _, across, down, _ in getattr(image, "layer", [])]
    most: int = prod(max(sides) for sides in zip(*samples, strict=True))
    return image.width * image.height * _COEFFICIENT * sum(map(prod, samples)) // max(most, 1)


def _block(image: ImageFile.ImageFile) -> int:
    """Bytes of one strip or tile of a TIFF; libtiff holds it as a whole."""
    tags = getattr(image, "tag_v2", {})
    width = tags.get(_TILE_WIDTH, image.width)
    rows = tags.get(_TILE_HEIGHT, min(tags.get(_ROWS, image.height), image.height))
    bits = max(tags.get(_BITS, (1,))) * tags.get(_SAMPLES, 1)
    return int(width) * int(rows) * max(int(bits), 32) // 8


def _scans(image: ImageFile.ImageFile, data: bytes) -> int:
    """Upper bound of a JPEG's scans; 1 if its first scan has all components and so is the only one read."""
    if image.format not in ("JPEG", "MPO"):
        return 1
    if "progressive" not in image.info and _is_interleaved(image, data):
        return 1
    content = np.frombuffer(data, np.uint8)
    return int(np.count_nonzero((content[:-1] == 0xFF) & (content[1:] == START_OF_SCAN)))


def _is_interleaved(image: ImageFile.ImageFile, data: bytes) -> bool:
    """True if the first scan has all components. Pillow has stopped reading behind that scan's header."""
    assert image.fp is not None
    components = len(getattr(image, "layer", []))
    begin = image.fp.tell() - 8 - 2 * components
    return data[begin : begin + 2] == bytes([0xFF, START_OF_SCAN]) and data[begin + 4] == components
