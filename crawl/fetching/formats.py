"""Formats of pictures, by their first bytes."""

from __future__ import annotations

_MAGIC = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"II+\0", "tif"),  # BigTIFF
    (b"MM\0+", "tif"),
)
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes
_AVIF = (b"avif", b"avis")
_HEIF = (b"mif1", b"msf1")  # AVIF or HEIC: the compatible brands tell
_LONGEST_BRANDS = 1024  # bytes


def suffix_of(content: bytes) -> str | None:
    """Returns the suffix of a picture by its first bytes, if readers of WebDataset take it; else None."""
    for magic, suffix in _MAGIC:
        if content.startswith(magic):
            return suffix
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[:2] == b"BM":
        return "bmp" if int.from_bytes(content[14:18], "little") in _BMP_HEADERS else None
    return "avif" if content[4:8] == b"ftyp" and _is_avif(content) else None


def _is_avif(content: bytes) -> bool:
    """Returns whether a file that begins with a box of brands is AVIF."""
    if content[8:12] not in _HEIF:
        return content[8:12] in _AVIF
    brands = content[16 : min(int.from_bytes(content[:4], "big"), _LONGEST_BRANDS)]
    return any(brands[start : start + 4] in _AVIF for start in range(0, len(brands), 4))
