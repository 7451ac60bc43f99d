"""Removes the extensions before the first picture of a GIF (GIF89a): comments and applications' data hold no pixels.

Pillow joins comments block by block, which takes minutes for some megabytes of them, so it gets the file without them.
"""

from __future__ import annotations

SIGNATURES = (b"GIF87a", b"GIF89a")
_HEADER = 13
_EXTENSION = 0x21
_CONTROL = 0xF9  # the one extension about the picture: its transparent colour


def without_extensions(data: bytes) -> bytes:
    """Keeps only the last control of the extensions before the first picture; `data` itself if nothing is removed."""
    if len(data) < _HEADER:
        return data
    begin = at = _HEADER + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    control = b""
    while data[at : at + 1] == bytes([_EXTENSION]) and at + 2 < len(data):
        end = _end_of_blocks(data, at + 2)
        control = data[at:end] if data[at + 1] == _CONTROL else control
        at = end
    return data[:begin] + control + data[at:] if at - begin > len(control) else data


def _end_of_blocks(data: bytes, at: int) -> int:
    """The end of blocks that each begin with their length, behind the empty one."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
