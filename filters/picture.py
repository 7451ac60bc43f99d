"""From an image's bytes to the inputs of rules and records: header, luma, the one conversion, record bytes.

The interface is `Picture`; the two functions answer for bytes that may be no image, or need no limit on pixels. Nothing
is judged here: every fault of the bytes is one exception, `UndecodableImage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

import numpy as np
from PIL import Image, ImageFile

from filters import gif, png
from filters.image_errors import UndecodableImage
from filters.limits import check_limits, check_segments
from filters.opening import bounded, decoding, open_image
from filters.originals import is_whole_jpeg, is_whole_png
from filters.tiff import load_tiff

__all__ = ["Header", "Picture", "UndecodableImage", "header", "thumbnail"]

LUMA_SIDE = 128
RECORD_QUALITY = 95
BAND_PIXELS = 1 << 20  # pixels converted at a time where the conversion takes several copies

_JPEG = {"JPEG", "MPO"}
_GRAY = {"1", "L", "LA", "La", "F"}


@dataclass(frozen=True)
class Header:
    """An image's size in pixels before any EXIF orientation, and its format and mode as Pillow names them."""

    width: int
    height: int
    format: str
    mode: str


class Picture:
    """An image's bytes, parsed once; pixels are decoded only when a method asks for them.

    Raises UndecodableImage at once if the header is broken, and from every method if the image has more than
    `max_pixels` or is over another limit, before any pixel is decoded.
    """

    def __init__(self, data: bytes, max_pixels: int) -> None:
        self.data = data
        self.max_pixels = max_pixels
        _lift_pillows_limit(max_pixels)
        self._content = _readable(data)
        check_segments(self._content)
        self._opened: ImageFile.ImageFile | None = open_image(self._content)
        image = self._opened
        self._alpha = image.mode in ("LA", "RGBA") or (image.mode == "P" and "transparency" in image.info)
        self.header = Header(image.width, image.height, image.format or "", image.mode)

    def luma(self) -> np.ndarray:
        """The luma for the hash, uint8 (128, 128): a JPEG is decoded small, any other format by the conversion."""
        return self._luma

    @cached_property
    def _luma(self) -> np.ndarray:
        image = self._small("L", LUMA_SIDE)
        with decoding():
            gray = _convert(image).convert("L")
            return np.asarray(gray.resize((LUMA_SIDE, LUMA_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0))

    @cached_property
    def converted(self) -> Image.Image:
        """The one conversion: first frame, transparency over white, orientation left alone, then RGB or L."""
        image = self._fresh()
        with decoding(), bounded(self.header.format):
            return _convert(_load(image, self._content))

    def record_bytes(self) -> bytes:
        """The original bytes if TensorFlow reads them as RGB or gray, else the conversion as JPEG quality 95.

        Raises UndecodableImage also if the image has to be converted and has a side over 65500 pixels, JPEG's limit.
        """
        self.luma()  # raises for an image that can't be decoded
        return self.data if self._is_record() else _jpeg(self.converted, RECORD_QUALITY)

    def at_least(self, side: int) -> Image.Image:
        """The one conversion; a JPEG is decoded smaller, with no side under `side` unless it was so before."""
        if min(self.header.width, self.header.height) < 2 * side:  # libjpeg halves: there is no smaller one
            return self.converted  # kept for who needs all pixels next
        small = self._small("RGB", side)
        with decoding():
            return _convert(small)

    def thumbnail(self, side: int) -> bytes:
        """A JPEG of at most `side` x `side` pixels, in the image's proportions."""
        small = self.at_least(side).copy()
        with decoding():
            small.thumbnail((side, side))
            return _jpeg(small, quality=80)

    def _is_record(self) -> bool:
        if self.header.format in _JPEG:
            return is_whole_jpeg(self.data)
        return self.header.format == "PNG" and not self._alpha and is_whole_png(self.data)

    def _small(self, mode: str, side: int) -> Image.Image:
        """The image with no side under `side`: libjpeg scales a JPEG, the conversion decodes all else."""
        if self.header.format not in _JPEG:
            return self.converted
        image = self._fresh()
        with decoding():
            image.draft(mode, (side, side))
            image.load()
        return image

    def _fresh(self) -> ImageFile.ImageFile:
        """The opened image with no pixel decoded. Drafting and loading change it, so an opened image is used once."""
        image, self._opened = self._opened or open_image(self._content), None
        with decoding():
            check_limits(image, self._content, self.max_pixels)
        return image


def header(data: bytes) -> Header:
    """Size, format and mode, from the header alone, for any number of pixels. Raises UndecodableImage."""
    return Picture(data, max_pixels=0).header


def thumbnail(data: bytes, side: int, max_pixels: int) -> bytes | None:
    """A JPEG of at most `side` x `side` pixels; None if the bytes can't be decoded."""
    try:
        return Picture(data, max_pixels).thumbnail(side)
    except UndecodableImage:
        return None


def _lift_pillows_limit(max_pixels: int) -> None:
    """Raises, never lowers, Pillow's limit on pixels: it holds for the whole process, and a few plugins check it."""
    if Image.MAX_IMAGE_PIXELS is not None and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels


def _readable(data: bytes) -> bytes:
    """The bytes for Pillow: the same pixels, without the chunks that it may fail at."""
    if data.startswith(png.SIGNATURE):
        return png.without_ancillary(data)
    return gif.without_extensions(data) if data.startswith(gif.SIGNATURES) else data


def _load(image: ImageFile.ImageFile, data: bytes) -> Image.Image:
    """Decodes the pixels of an image that was opened from `data`."""
    if image.format == "TIFF":
        return load_tiff(image, data)
    image.load()
    return image


def _convert(image: Image.Image) -> Image.Image:
    """Converts a loaded image to RGB or L. 16-bit gray is divided by 256; other values out of 0 to 255 are clipped."""
    wide = image.mode.startswith("I")
    mode = "L" if wide or image.mode in _GRAY else "RGB"
    if image.mode == mode and not image.has_transparency_data:
        return image
    if not wide and not image.has_transparency_data:
        return image.convert(mode)
    rows = max(BAND_PIXELS // image.width, 1)
    if rows >= image.height:
        return _convert_band(image, mode)
    converted = Image.new(mode, image.size)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        converted.paste(_convert_band(band, mode), (0, top))
    return converted


def _convert_band(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert(mode)


def _from_16_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    gray = np.clip(values >> 8, 0, 255).astype(np.uint8)
    gray[values == image.info.get("transparency", -1)] = 255
    return Image.fromarray(gray)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    with decoding(), BytesIO() as file:
        image.save(file, "JPEG", quality=quality, comment=b"")
        return file.getvalue()
