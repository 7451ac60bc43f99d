"""From an image's bytes to what the rules and the records need: header, luma, the one conversion, record bytes.

It judges nothing. Everything that can be wrong with the bytes is one exception, `Undecodable`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

import numpy as np
from PIL import Image, ImageFile

from filters.originals import is_whole_jpeg, is_whole_png

LUMA_SIDE = 128
RECORD_QUALITY = 95

# What Pillow raises on bad bytes. It documents OSError alone; damaged files of every format gave the others.
_BAD_BYTES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_NEXT_FORMAT = (SyntaxError, IndexError, TypeError, struct.error)  # how a Pillow plugin says "not mine"
_JPEG = {"JPEG", "MPO"}
_OUTSIDE = {"EPS", "WMF"}  # formats that Pillow hands to another program
_GRAY = {"1", "L", "LA", "La", "F"}


class Undecodable(ValueError):
    """The bytes are no image, a broken one, or one over the pixel limit."""


@dataclass(frozen=True)
class Header:
    """What an image says of itself: pixels before any EXIF orientation; format and mode as Pillow names them."""

    width: int
    height: int
    format: str
    mode: str


class Picture:
    """An image's bytes, parsed once; pixels are decoded only when a method asks for them.

    Raises Undecodable at once if the header is broken, and from every method but `header` if the image has more than
    `max_pixels`, before any pixel is decoded.
    """

    def __init__(self, data: bytes, max_pixels: int) -> None:
        self.data = data
        self.max_pixels = max_pixels
        _lift_pillows_limit(max_pixels)
        self._opened: ImageFile.ImageFile | None = _open(data)
        image = self._opened
        self._alpha = image.mode in ("LA", "RGBA") or (image.mode == "P" and "transparency" in image.info)
        self.header = Header(image.width, image.height, image.format or "", image.mode)

    def luma(self) -> np.ndarray:
        """The luma for the hash, uint8 (128, 128): a JPEG is decoded small, all else goes through the conversion."""
        return self._luma

    @cached_property
    def _luma(self) -> np.ndarray:
        image = self._small("L", LUMA_SIDE)
        with _decoding():
            gray = _convert(image).convert("L")
            return np.asarray(gray.resize((LUMA_SIDE, LUMA_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0))

    @cached_property
    def converted(self) -> Image.Image:
        """The one conversion: first frame, transparency over white, orientation left alone, then RGB or L."""
        image = self._fresh()
        with _decoding():
            image.load()
            return _convert(image)

    def record_bytes(self) -> bytes:
        """The original bytes if TensorFlow reads them as RGB or gray, else the conversion as JPEG quality 95.

        JPEG has sides of up to 65500 pixels: an image with a longer one that must be converted is Undecodable.
        """
        self.luma()  # only what can be decoded
        return self.data if self._is_record() else _jpeg(self.converted, RECORD_QUALITY)

    def at_least(self, side: int) -> Image.Image:
        """The one conversion, but of a JPEG only as large as `side` needs: no side is under it that wasn't before."""
        small = self._small("RGB", side)
        with _decoding():
            return _convert(small)

    def thumbnail(self, side: int) -> bytes:
        """A JPEG of at most `side` x `side` pixels, in the image's proportions."""
        small = self.at_least(side).copy()
        with _decoding():
            small.thumbnail((side, side))
            return _jpeg(small, quality=80)

    def _is_record(self) -> bool:
        if self.header.format in _JPEG:
            return is_whole_jpeg(self.data)
        return self.header.format == "PNG" and not self._alpha and is_whole_png(self.data)

    def _small(self, mode: str, side: int) -> Image.Image:
        """The image decoded at no less than `side`, a JPEG by libjpeg's own scaling, all else by the conversion."""
        if self.header.format not in _JPEG:
            return self.converted
        image = self._fresh()
        with _decoding():
            image.draft(mode, (side, side))
            image.load()
        return image

    def _fresh(self) -> ImageFile.ImageFile:
        """The opened image with no pixel decoded: drafting and loading change it, so each is used once."""
        if self.header.width * self.header.height > self.max_pixels:
            raise Undecodable(f"{self.header.width} x {self.header.height} pixels; the limit is {self.max_pixels}")
        image, self._opened = self._opened or _open(self.data), None
        return image


def header(data: bytes) -> Header:
    """Size, format and mode, from the header alone. Raises Undecodable."""
    return Picture(data, max_pixels=0).header


def luma(data: bytes, max_pixels: int) -> np.ndarray:
    """See `Picture.luma`. Raises Undecodable."""
    return Picture(data, max_pixels).luma()


def convert(data: bytes, max_pixels: int) -> Image.Image:
    """See `Picture.converted`. Raises Undecodable."""
    return Picture(data, max_pixels).converted


def record_bytes(data: bytes, max_pixels: int) -> bytes:
    """See `Picture.record_bytes`. Raises Undecodable."""
    return Picture(data, max_pixels).record_bytes()


def thumbnail(data: bytes, side: int, max_pixels: int) -> bytes | None:
    """See `Picture.thumbnail`; None where the image can't be decoded."""
    try:
        return Picture(data, max_pixels).thumbnail(side)
    except Undecodable:
        return None


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except _BAD_BYTES as error:
        raise Undecodable(str(error) or type(error).__name__) from error


def _lift_pillows_limit(max_pixels: int) -> None:
    """Pillow's limit on pixels holds for the process and a few of its plugins check it: it is raised, never lowered."""
    if Image.MAX_IMAGE_PIXELS is not None and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels


def _open(data: bytes) -> ImageFile.ImageFile:
    """`Image.open`, but any number of pixels may be in the header."""
    with _decoding():
        for load_plugins in (Image.preinit, Image.init):  # the common formats, and all where none of these fits
            load_plugins()
            for name in Image.ID:
                if name not in _OUTSIDE and (image := _open_as(name, data)):
                    return image
    raise Undecodable("no image format")


def _open_as(name: str, data: bytes) -> ImageFile.ImageFile | None:
    factory, accepts = Image.OPEN[name]
    if accepts and accepts(data[:16]) is not True:
        return None
    try:
        return factory(BytesIO(data), "")
    except _NEXT_FORMAT:
        return None


def _convert(image: Image.Image) -> Image.Image:
    """A loaded image as RGB or L. 16-bit gray is divided by 256; other values out of 0 to 255 are clipped."""
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    gray = image.mode in _GRAY
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    mode = "L" if gray else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _from_16_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    gray = np.clip(values >> 8, 0, 255).astype(np.uint8)
    gray[values == image.info.get("transparency", -1)] = 255
    return Image.fromarray(gray)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    with _decoding(), BytesIO() as file:
        image.save(file, "JPEG", quality=quality, comment=b"")
        return file.getvalue()
