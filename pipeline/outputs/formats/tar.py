"""Members of a tar without a time, a host or a numbered owner, so that equal contents give equal bytes."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

END = bytes(2 * tarfile.BLOCKSIZE)  # of an archive


def blocks(name: str, content: bytes, owner: str = "") -> Iterator[bytes]:
    """Yields the blocks of a file in a tar; `owner` is the name of its owner, ASCII."""
    header = tarfile.TarInfo(name)
    header.size, header.uname = len(content), owner
    yield header.tobuf(tarfile.USTAR_FORMAT)
    yield content
    yield bytes(-len(content) % tarfile.BLOCKSIZE)
