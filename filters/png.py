"""Keeps the chunks of a PNG that decide its pixels (ISO/IEC 15948, 5.4): the critical ones and a valid `tRNS`.

Pillow refuses a whole image for a text, a profile or an animation chunk that it finds too long or odd. Browsers and
TensorFlow skip such a chunk, so Pillow gets the file without these chunks.
"""

from __future__ import annotations

import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12  # bytes of a chunk besides its content: length, name, checksum
_COLOUR_TYPE = 25  # index of the byte
_TRANSPARENCY = {0: range(2, 3), 2: range(6, 7), 3: range(1, 257)}  # valid lengths of `tRNS` in bytes, by colour type
_LOWER_CASE = 0x20  # bit of a name's first letter: the chunk is ancillary


def without_ancillary(data: bytes) -> bytes:
    """Removes all ancillary chunks but a valid `tRNS`; returns `data` itself if there are none."""
    kept, begin, at = list[bytes](), 0, len(SIGNATURE)
    while at + _AROUND <= len(data):
        name = data[at + 4 : at + 8]
        if name == b"IEND":
            break
        end = at + _AROUND + int.from_bytes(data[at : at + 4], "big")
        if _is_spare(name) or (name == b"tRNS" and not _is_valid_transparency(data, at, end)):
            kept.append(data[begin:at])
            begin = end
        at = end
    return b"".join([*kept, data[begin:]]) if kept else data


def _is_spare(name: bytes) -> bool:
    return bool(name[0] & _LOWER_CASE) and name.isalpha() and name != b"tRNS"


def _is_valid_transparency(data: bytes, begin: int, end: int) -> bool:
    """True if libpng, and so TensorFlow, accepts the `tRNS` from `begin` to `end`: length and checksum fit."""
    length = range(0) if len(data) <= _COLOUR_TYPE else _TRANSPARENCY.get(data[_COLOUR_TYPE], range(0))
    checksum = int.from_bytes(data[end - 4 : end], "big")
    return end - begin - _AROUND in length and zlib.crc32(data[begin + 4 : end - 4]) == checksum
