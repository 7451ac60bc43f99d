"""Decides without TensorFlow if its `tf.io.decode_image` reads an image's bytes as they are.

Pillow reads more than TensorFlow does: JPEG without an end, PNG with wrong checksums or too few rows. These functions
are for bytes that Pillow has decoded; tests compare them with TensorFlow on thousands of damaged files.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator

# JPEG markers (ITU-T T.81, table B.1)
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive, with Huffman codes
START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_ONE_SCAN = {0xC0, 0xC1}
_SIZE = struct.Struct(">HH")  # height, width
_SEGMENTS = {*_FRAMES, 0xC4, START_OF_SCAN, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # neither a stuffed zero, nor fill, nor a restart

# PNG (ISO/IEC 15948): samples a pixel by colour type; first column and row, and steps, of the passes of interlacing
_HEADER = struct.Struct(">IIBBHB")  # width, height, bits a sample, colour type, methods (two zeros), interlacing
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE = 3
_OTHER = rb"(?:[a-z].{3})*"  # ancillary chunks
_ORDER = re.compile(rb"IHDR%b(?:PLTE%b)?(?:IDAT)+%bIEND" % (_OTHER, _OTHER, _OTHER), re.DOTALL)
_ONE_PASS = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_CHUNK = 1 << 20


def is_whole_jpeg(data: bytes) -> bool:
    """True if the markers of a JPEG lead to its end, as libjpeg follows them.

    TensorFlow reads to the end of the image; Pillow stops at the last row. Bytes after the end don't matter.
    """
    at, frames = 2, 0
    while found := _MARKER.search(data, at):
        at, marker = found.end(), data[found.end() - 1]
        if marker == _END_OF_IMAGE:
            return frames == 1
        if marker not in _SEGMENTS:
            return False
        frames += marker in _FRAMES
        at += int.from_bytes(data[at : at + 2], "big")
    return False


def count_scans(data: bytes) -> int:
    """Counts the scans of a JPEG up to its end, or the end of the bytes."""
    at, scans = 2, 0
    while (found := _MARKER.search(data, at)) and found[0][1] != _END_OF_IMAGE:
        scans += found[0][1] == START_OF_SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return scans


def has_few_segments(data: bytes, most: int) -> bool:
    """True if a JPEG has at most `most` segments before its first scan."""
    at = 2
    for _ in range(most + 1):
        found = _MARKER.search(data, at)
        if not found or found[0][1] == START_OF_SCAN:
            return True
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return False


def frame_of(data: bytes) -> tuple[int, int] | None:
    """Width and height in the frame header of a JPEG of one scan; None without such a header before the scan."""
    at = 2
    while (found := _MARKER.search(data, at)) and found[0][1] in _SEGMENTS - {START_OF_SCAN}:
        if found[0][1] in _ONE_SCAN:
            height, width = _SIZE.unpack(data[found.end() + 3 : found.end() + 7].ljust(4, b"\0"))
            return width, height
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return None


def is_whole_png(data: bytes) -> bool:
    """True if the chunks of a PNG lead to its end, in order and with the right checksums, and hold exactly its rows.

    Pillow tolerates errors in these, libpng does not.
    """
    chunks = list(_chunks(memoryview(data)))
    content = dict(chunks)
    if not _ORDER.fullmatch(b"".join(name for name, _ in chunks)) or len(content[b"IHDR"]) != _HEADER.size:
        return False
    width, height, depth, colour, methods, interlaced = _HEADER.unpack(content[b"IHDR"])
    if methods or interlaced > 1 or not _is_palette(content.get(b"PLTE"), colour):
        return False
    size = _inflated_size(width, height, depth * _SAMPLES[colour], bool(interlaced))
    return _inflates_to(size, (body for name, body in chunks if name == b"IDAT"))


def _chunks(png: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yields name and content of the chunks, up to the last, or the first that is cut off or has a wrong checksum."""
    at, name = 8, b""  # after the signature
    while at + 12 <= len(png) and name != b"IEND":
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        if zlib.crc32(png[at + 4 : end]) != int.from_bytes(png[end : end + 4], "big"):
            return
        name = bytes(png[at + 4 : at + 8])
        yield name, png[at + 8 : end]
        at = end + 4


def _is_palette(palette: memoryview | None, colour: int) -> bool:
    """True if the palette is there where it must be, and holds whole colours."""
    if palette is None:
        return colour != _PALETTE
    return len(palette) % 3 == 0 and 0 < len(palette) <= 3 * 256


def _inflates_to(size: int, parts: Iterable[memoryview]) -> bool:
    """True if the parts are one whole zlib stream of `size` bytes; it is never held in memory as a whole."""
    inflater, count = zlib.decompressobj(), 0
    try:
        for part in parts:
            rest: bytes | memoryview = part
            while rest and not inflater.eof and count <= size:
                count += len(inflater.decompress(rest, _CHUNK))
                rest = inflater.unconsumed_tail
    except zlib.error:
        return False
    return inflater.eof and count == size


def _inflated_size(width: int, height: int, bits: int, interlaced: bool) -> int:
    """Bytes of all rows of pixels of `bits`, a filter byte before each."""
    size = 0
    for left, top, right, down in _ADAM7 if interlaced else _ONE_PASS:
        columns, rows = -((left - width) // right), -((top - height) // down)
        size += rows * (1 + (columns * bits + 7) // 8) if columns > 0 else 0
    return size
