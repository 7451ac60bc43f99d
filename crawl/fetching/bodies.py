"""Bodies as they arrive: small ones in memory, large ones in a temporary file."""

from __future__ import annotations

import tempfile
from typing import IO

HELD = 256 * 1024  # bytes of a body in memory


class Body:
    """The bytes of one answer."""

    __slots__ = ("_chunks", "_file", "_folder", "_held", "size")

    def __init__(self, folder: str | None = None) -> None:
        self._chunks: list[bytes] = []
        self._held, self.size = 0, 0
        self._file: IO[bytes] | None = None
        self._folder = folder

    def add(self, chunk: bytes) -> None:
        """Appends bytes. Raises OSError if the disk is full."""
        self._chunks.append(chunk)
        self.size += len(chunk)
        self._held += len(chunk)
        if self._held > HELD:
            self._spool()

    def _spool(self) -> None:
        self._file = self._file or tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        self._file.writelines(self._chunks)
        self._chunks, self._held = [], 0

    def take(self) -> bytes:
        """Returns all bytes, and keeps none."""
        file, self._file = self._file, None
        if file is None:
            content, self._chunks = b"".join(self._chunks), []
            return content
        with file:
            file.writelines(self._chunks)
            file.seek(0)
            self._chunks = []
            return file.read()

    def drop(self) -> None:
        """Forgets the bytes."""
        if self._file:
            self._file.close()
        self._chunks, self._file = [], None
