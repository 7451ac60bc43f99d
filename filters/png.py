"""The chunks of a PNG that decide its pixels (ISO/IEC 15948, 5.4): the critical ones and `tRNS`.

Pillow refuses a whole image for a text, a profile or an animation chunk that it finds too long or odd. Browsers and
TensorFlow skip such a chunk, so Pillow is given the file without them.
"""

from __future__ import annotations

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12  # bytes of a chunk besides its content: length, name, checksum
_LOWER_CASE = 0x20  # of the first letter of a name: the chunk is ancillary


def without_ancillary(data: bytes) -> bytes:
    """The PNG without its ancillary chunks but `tRNS`; `data` itself where it has none. Checksums are not looked at."""
    kept, begin, at = list[bytes](), 0, len(SIGNATURE)
    while at + _AROUND <= len(data):
        name = data[at + 4 : at + 8]
        if name == b"IEND":
            break
        end = at + _AROUND + int.from_bytes(data[at : at + 4], "big")
        if _is_spare(name):
            kept.append(data[begin:at])
            begin = end
        at = end
    return b"".join([*kept, data[begin:]]) if kept else data


def _is_spare(name: bytes) -> bool:
    return bool(name[0] & _LOWER_CASE) and name.isalpha() and name != b"tRNS"
