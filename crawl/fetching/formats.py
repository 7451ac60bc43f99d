"""Formats of pictures, by their first bytes."""

from __future__ import annotations

_MAGIC = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"II+\0", "tif"),  # BigTIFF
    (b"MM\0+", "tif"),
)
_AVIF = (b"ftypavif", b"ftypavis", b"ftypmif1", b"ftypmsf1")


def suffix_of(head: bytes) -> str | None:
    """Returns the suffix of a picture with these first 16 bytes, if readers of WebDataset take it; else None."""
    for magic, suffix in _MAGIC:
        if head.startswith(magic):
            return suffix
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "avif" if head[4:12] in _AVIF else None
