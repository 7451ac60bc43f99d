"""Content-Encoding: unpacks a body as it arrives, and never more of it than there is room for.

libcurl would unpack too, but takes a body that is cut short within the packed bytes for a whole one.
"""

from __future__ import annotations

import zlib

ACCEPTED = "gzip, deflate"
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15  # zlib's names of the formats
_MEMBER = b"\x1f\x8b"


class PackingError(ValueError):
    """A Content-Encoding that was not asked for, or bytes that are not packed so."""


class Unpacker:
    """Unpacks gzip or deflate."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._member: zlib._Decompress | None = None
        self._begun = False
        self._held = b""  # the first byte of what may be another member

    def add(self, chunk: bytes, room: int) -> bytes:
        """Returns what a chunk holds, at most `room` + 1 bytes. Raises PackingError."""
        parts = list[bytes]()
        chunk, self._held = self._held + chunk, b""
        while chunk and room >= 0:
            if self._member is None:
                if self._begun and not (self._gzip and chunk.startswith(_MEMBER)):
                    self._held = chunk if chunk == _MEMBER[:1] else b""
                    break  # bytes after the end, which browsers pass over
                self._member = zlib.decompressobj(self._format(chunk))
                self._begun = True
            parts.append(_unpack(self._member, chunk, room + 1))
            room -= len(parts[-1])
            chunk = self._member.unused_data
            if self._member.eof:
                self._member = None
        return b"".join(parts)

    def _format(self, chunk: bytes) -> int:
        """Returns the format of a member; deflate is sent with zlib's header, or without."""
        if self._gzip:
            return _GZIP
        return _ZLIB if chunk[0] & 0x0F == 8 else _DEFLATE

    def is_cut(self) -> bool:
        """Returns whether the packed bytes end too early."""
        return self._member is not None


def _unpack(member: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    try:
        return member.decompress(chunk, most)
    except zlib.error as error:
        raise PackingError(str(error)) from error


def unpacker_of(encodings: list[str]) -> Unpacker | None:
    """Returns what unpacks a body with these values of Content-Encoding; None if it isn't packed. Raises PackingError.

    A body that is packed twice is refused: nobody does so in good faith.
    """
    words = [word.strip().lower() for value in encodings for word in value.split(",")]
    names = [word.removeprefix("x-") for word in words if word not in ("", "identity")]
    if not names:
        return None
    if len(names) > 1 or names[0] not in ("gzip", "deflate"):
        raise PackingError("a Content-Encoding that was not asked for")
    return Unpacker(names[0] == "gzip")
