"""The blocks of a GIF (GIF89a) before its first picture: comments and applications' data say nothing of its pixels.

Pillow joins comments block by block, which takes minutes for some megabytes of them, so it is given the file without.
"""

from __future__ import annotations

SIGNATURES = (b"GIF87a", b"GIF89a")
_HEADER = 13
_EXTENSION = 0x21
_CONTROL = 0xF9  # the one extension that tells of the picture: its transparent colour


def without_extensions(data: bytes) -> bytes:
    """The GIF without the extensions before its first picture but the last control; `data` itself where it has none."""
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
    """Where blocks that each begin with their length end, behind the empty one."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
