"""Thumbnails as data URIs within a budget, so that the page stays small however large the thumbnails are."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

from PIL import Image

BUDGET = 2_800_000  # bytes of all thumbnails, shared equally; before base64, which adds a third
SIDES = (240, 160, 96)  # sides of a smaller thumbnail, tried in this order
QUALITY = 70
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)  # Pillow's errors for broken files


def data_uri(thumbnail: bytes) -> str:
    """A JPEG as a data URI."""
    return f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode('ascii')}"


def share_of(thumbnails: Iterable[bytes | None]) -> int:
    """The bytes that each thumbnail of a page may have."""
    return BUDGET // max(1, sum(thumbnail is not None for thumbnail in thumbnails))


def fitted(thumbnail: bytes | None, most: int) -> bytes | None:
    """The thumbnail itself, or a smaller one if it is over `most` bytes; None if none is small enough."""
    if thumbnail is None or len(thumbnail) <= most:
        return thumbnail
    smaller = (_reencoded(thumbnail, side) for side in SIDES)
    return next((content for content in smaller if content and len(content) <= most), None)


def proportion(thumbnail: bytes | None) -> float | None:
    """Width by height, or None if Pillow reads no image."""
    try:
        with Image.open(io.BytesIO(thumbnail or b"")) as image:
            return image.width / image.height
    except BROKEN:
        return None


def _reencoded(thumbnail: bytes, side: int) -> bytes | None:
    """A smaller JPEG, or None if Pillow reads no image."""
    content = io.BytesIO()
    try:
        with Image.open(io.BytesIO(thumbnail)) as image:
            image.thumbnail((side, side))
            image.convert("RGB").save(content, "JPEG", quality=QUALITY)
    except BROKEN:
        return None
    return content.getvalue()
