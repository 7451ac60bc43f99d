"""Opens an image's bytes with Pillow, in one of the formats that are decoded: reads the header and no pixel."""

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
"""Formats, by Pillow's names, whose header bounds the cost of decoding. Others are refused."""

CONTAINERS = frozenset({"BLP", "ICNS", "ICO"})  # formats that hold a picture with a header of its own
CONTAINED_PIXELS = 2048 * 2048  # limit of the contained picture
_OTHERS = (b"\xff\x0a", b"\0\0\0\x0cJXL ")  # JPEG XL, which Pillow does not know
_HEIF = {b"heic", b"heix", b"hevc", b"heim", b"heis"}

# Exceptions of Pillow on bad bytes. It documents OSError alone; damaged files of every format gave the others.
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
_NEXT_FORMAT = (SyntaxError, IndexError, TypeError, struct.error)  # a Pillow plugin's for bytes of another format


@contextmanager
def decoding() -> Iterator[None]:
    """Turns every exception of Pillow on bad bytes into UndecodableImage."""
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
        for load_plugins in (Image.preinit, Image.init):  # the common formats, then all
            load_plugins()
            for name in Image.ID:
                if name in DECODED and (accepted := _accepts(name, data)) is not False:
                    if image := _open_as(name, data):
                        return image
                    known |= bool(accepted)
    raise _no_image(data, known)


@contextmanager
def _small_contents() -> Iterator[None]:
    """Makes Pillow refuse a contained picture of over `CONTAINED_PIXELS`: the container's header has no size of it."""
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
    """True if the first bytes are a format's signature; None for a format without one."""
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
    """True if the first bytes are the signature of a format that is known but not decoded."""
    if data.startswith(_OTHERS) or (data[4:8] == b"ftyp" and data[8:12] in _HEIF):
        return True
    return any(_accepts(name, data) for name in Image.ID if name not in DECODED)
