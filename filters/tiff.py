"""Loads TIFF through libtiff, which reports some damaged strips as whole and leaves their rows unwritten.

Pillow decodes the strips one by one into memory that it has not cleared, so unwritten rows hold arbitrary old bytes.
Only the fax compressions and JPEG leave such rows (`MALLOC_PERTURB_` shows it). A fax is decoded with a white strip
before its own, which clears the memory; a JPEG's strips must have the size in the TIFF's tags.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageFile, TiffImagePlugin

from filters.image_errors import ImageError, UndecodableImage
from filters.originals import frame_of

_CLEAN = {"lzma", "packbits", "raw", "tiff_adobe_deflate", "tiff_deflate", "tiff_lzw", "zstd"}
_FAX = {"group3", "group4", "tiff_ccitt"}

# Tags and types of a TIFF
_WIDTH, _HEIGHT, _COMPRESSION, _FILL_ORDER = 256, 257, 259, 266
_OFFSETS, _ROWS, _SIZES, _FAX_OPTIONS = 273, 278, 279, 292
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_SIZES = 322, 323, 324, 325
_PLANES = 284  # 1: the components of a pixel are interleaved
_KEPT = (258, 262, _COMPRESSION, _FILL_ORDER, 277, _FAX_OPTIONS, 293)
_LONG = 4
_ENTRY = struct.Struct("<HHII")  # tag, type, count, value or its offset


def load_tiff(image: ImageFile.ImageFile, data: bytes) -> Image.Image:
    """Loads the pixels of an image opened from `data`, none from unwritten memory. Raises UndecodableImage."""
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    compression = image.info.get("compression", "raw")
    if compression in _FAX:
        return _load_fax(image, data)
    if compression == "jpeg":
        _check_frames(image, data)
    elif compression not in _CLEAN:
        raise UndecodableImage(f"TIFF with compression {compression}", ImageError.REFUSED)
    image.load()
    return image


def _check_frames(image: TiffImagePlugin.TiffImageFile, data: bytes) -> None:
    """Raises UndecodableImage if the JPEG of a strip or tile is smaller than its box, or progressive."""
    for part, (width, height) in _parts(image, data):
        frame = frame_of(part)
        if frame is None or frame[0] < width or frame[1] < height:
            raise UndecodableImage("a strip's JPEG is smaller than the strip")


def _parts(image: TiffImagePlugin.TiffImageFile, data: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yields the bytes of each strip or tile with the width and height of its box in the image."""
    tags = image.tag_v2
    if tags.get(_PLANES, 1) != 1:
        raise UndecodableImage("TIFF with a JPEG for each component", ImageError.REFUSED)
    tiled = _TILE_WIDTH in tags
    places = tags[_TILE_OFFSETS if tiled else _OFFSETS]
    sizes = tags.get(_TILE_SIZES if tiled else _SIZES, (len(data),) * len(places))
    rows = min(tags.get(_ROWS, image.height), image.height)
    for number, (place, size) in enumerate(zip(places, sizes, strict=True)):
        box = (
            (tags[_TILE_WIDTH], tags[_TILE_HEIGHT]) if tiled else (image.width, min(rows, image.height - number * rows))
        )
        yield data[place : place + size], box


def _load_fax(image: TiffImagePlugin.TiffImageFile, data: bytes) -> Image.Image:
    tags = image.tag_v2
    if _TILE_WIDTH in tags:
        raise UndecodableImage("a fax in tiles", ImageError.REFUSED)
    rows = min(tags.get(_ROWS, image.height), image.height)
    white = _white_strip(image, rows)
    places, sizes = tags[_OFFSETS], tags.get(_SIZES, (len(data) - tags[_OFFSETS][0],))
    if any(place + size > len(data) for place, size in zip(places, sizes, strict=True)):
        raise UndecodableImage("a strip is cut short")
    directory = {tag: (_single_value(tags[tag]),) for tag in _KEPT if tag in tags} | {
        _WIDTH: (image.width,),
        _HEIGHT: (rows + image.height,),
        _ROWS: (rows,),
        _OFFSETS: (len(data), *places),
        _SIZES: (len(white), *sizes),
    }
    with Image.open(BytesIO(_tiff(data + white, directory))) as whole:
        return whole.crop((0, rows, image.width, rows + image.height))


def _single_value(value: int | tuple[int, ...]) -> int:
    return value[0] if isinstance(value, tuple) else value


def _white_strip(image: TiffImagePlugin.TiffImageFile, rows: int) -> bytes:
    """White rows, in the compression of the fax `image`."""
    options = {tag: image.tag_v2[tag] for tag in (_FILL_ORDER, _FAX_OPTIONS) if tag in image.tag_v2}
    with BytesIO() as file:
        Image.new("1", (image.width, rows), 1).save(
            file, "TIFF", compression=image.info["compression"], tiffinfo=options, strip_size=image.width * rows
        )
        file.seek(0)
        saved = TiffImagePlugin.TiffImageFile(file)
        (place,), (size,) = saved.tag_v2[_OFFSETS], saved.tag_v2[_SIZES]
        return file.getvalue()[place : place + size]


def _tiff(strips: bytes, tags: dict[int, tuple[int, ...] | list[int]]) -> bytes:
    """A TIFF with these tags, and the strips at their offsets; its header replaces their first 8 bytes."""
    lists, end = b"", len(strips) + len(strips) % 2
    entries = b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}I", *values)
        place = values[0] if len(values) == 1 else end + len(lists)
        entries += _ENTRY.pack(tag, _LONG, len(values), place)
        lists += packed if len(values) > 1 else b""
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    header = struct.pack("<2sHI", b"II", 42, end + len(lists))
    return b"".join([header, strips[8:], bytes(end - len(strips)), lists, directory])
