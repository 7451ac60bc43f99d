"""From an image's bytes to Pillow's image of one of the formats that are decoded, with its header read and no pixel."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO

from PIL import Image, ImageFile

from filters.image_errors import ImageError, UndecodableImage

DECODED = frozenset(
    {"AVIF", "BLP", "BMP", "DDS", "DIB", "GIF", "ICNS", "ICO", "IM", "JPEG", "JPEG2000", "MPO", "MSP", "PCX", "PNG"}
    | {"PPM", "QOI", "SGI", "SPIDER", "TGA", "TIFF", "WEBP", "XBM"}
)
"""Formats, by Pillow's names, whose header says what decoding takes. Others are refused."""

CONTAINERS = frozenset({"BLP", "ICNS", "ICO"})  # hold a picture with a header of its own
CONTAINED_PIXELS = 2048 * 2048  # of that picture
_OTHERS = (b"\xff\x0a", b"\0\0\0\x0cJXL ")  # JPEG XL, which Pillow does not know
_HEIF = {b"heic", b"heix", b"hevc", b"heim", b"heis"}

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
)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_NEXT_FORMAT = (SyntaxError, IndexError, TypeError, struct.error)  # how a Pillow plugin says "not mine"


@contextmanager
def decoding() -> Iterator[None]:
    """Turns whatever Pillow raises on bad bytes into UndecodableImage."""
    try:
        yield
    except UndecodableImage:
        raise
    except _BOMB as error:
        raise UndecodableImage(str(error), ImageError.REFUSED) from error
    except _BAD_BYTES as error:
        raise UndecodableImage(str(error) or type(error).__name__) from error


def open_image(data: bytes) -> ImageFile.ImageFile:
    """`Image.open` for the formats of `DECODED`, for any number of pixels. Raises UndecodableImage."""
    if not data:
        raise UndecodableImage("no bytes", ImageError.EMPTY)
    known = False
    with decoding():
        for load_plugins in (Image.preinit, Image.init):  # the common formats, and all where none of these fits
            load_plugins()
            for name in Image.ID:
                if name in DECODED and (accepted := _accepts(name, data)) is not False:
                    if image := _open_as(name, data):
                        return image
                    known |= bool(accepted)
    raise _no_image(data, known)


@contextmanager
def _small_contents() -> Iterator[None]:
    """Has Pillow refuse a contained picture of over `CONTAINED_PIXELS`, which the container's header doesn't tell."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, CONTAINED_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def bounded(name: str) -> AbstractContextManager[None]:
    """The context in which an image of a format is opened and loaded."""
    return _small_contents() if name in CONTAINERS else nullcontext()


def _accepts(name: str, data: bytes) -> bool | None:
    """Whether the first bytes are those of a format; None where it has none that tell."""
    accepts = Image.OPEN[name][1]
    return accepts(data[:16]) is True if accepts else None


def _open_as(name: str, data: bytes) -> ImageFile.ImageFile | None:
    try:
        with bounded(name):
            return Image.OPEN[name][0](BytesIO(data), "")
    except _NEXT_FORMAT:
        return None


def _no_image(data: bytes, known: bool) -> UndecodableImage:
    if known:
        return UndecodableImage("the header is damaged or cut short", ImageError.TRUNCATED)
    if _is_other(data):
        return UndecodableImage("a format that is not decoded", ImageError.REFUSED)
    return UndecodableImage("no image format", ImageError.NO_FORMAT)


def _is_other(data: bytes) -> bool:
    """Whether the first bytes are those of a format that is known and not decoded."""
    if data.startswith(_OTHERS) or (data[4:8] == b"ftyp" and data[8:12] in _HEIF):
        return True
    return any(_accepts(name, data) for name in Image.ID if name not in DECODED)
