"""A shard in one format: what it takes, and the file that it is written to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from filters import png


@dataclass(frozen=True)
class PairImage:
    """The image of a kept pair: a JPEG or PNG, its size in pixels, and the row of its pair in the shard's table."""

    row: int
    data: bytes
    width: int
    height: int

    @property
    def suffix(self) -> str:
        return "png" if self.data.startswith(png.SIGNATURE) else "jpg"


class Sink(Protocol):
    """Writes a shard in one format."""

    def add(self, image: PairImage) -> None:
        """Writes one pair; pairs come in the order of their rows."""
        ...

    def close(self) -> None:
        """Writes what is held back, and the end of the file."""
        ...


class DigestedFile:
    """A file that hashes and counts what is written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self.bytes = 0
        self.closed = False  # asked for by pyarrow, as are `flush` and `tell`
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of all bytes written so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes, /) -> int:
        """Appends `data`; drops it if the file was closed, as pyarrow ends its file also after an error."""
        if self._file.closed:
            return len(data)
        self._digest.update(data)
        self._file.write(data)
        self.bytes += len(data)
        return len(data)

    def tell(self) -> int:
        """Number of bytes written so far."""
        return self.bytes

    def flush(self) -> None:
        """Does nothing: the file is flushed when it is complete."""


def shard_number(name: str) -> str:
    """The number in a shard's name such as align-00007-of-00042, with as many digits in all shards of a corpus."""
    number, _, total = name.rpartition("-of-")
    return number.rpartition("-")[2].zfill(len(total))


def sample_name(name: str, count: int) -> str:
    """A name of digits for the pair number `count` of a shard: unique in the corpus, and in the order of its pairs."""
    return f"{shard_number(name)}{count:08d}"
