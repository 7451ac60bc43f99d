"""Thumbnails as data URIs within a budget, so that the page stays small however large the thumbnails are."""

from __future__ import annotations

import base64
import io

BUDGET = 2_800_000  # bytes of all thumbnails, shared equally; before base64, which adds a third
LARGEST_SIDE = 240
QUALITY = 70


def data_uri(thumbnail: bytes) -> str:
    """A JPEG as the address of an image that is part of the page."""
    return f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode('ascii')}"


def fitted(thumbnail: bytes | None, most: int) -> bytes | None:
    """The thumbnail itself, or a smaller one where it is over `most` bytes; None where none is small enough."""
    if thumbnail is None or len(thumbnail) <= most:
        return thumbnail
    smaller = _reencoded(thumbnail)
    return smaller if smaller and len(smaller) <= most else None


def _reencoded(thumbnail: bytes) -> bytes | None:
    """A smaller JPEG, or None where the bytes are no image that Pillow reads."""
    from PIL import Image

    content = io.BytesIO()
    try:
        with Image.open(io.BytesIO(thumbnail)) as image:
            image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            image.convert("RGB").save(content, "JPEG", quality=QUALITY)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow raises for broken files
        return None
    return content.getvalue()
