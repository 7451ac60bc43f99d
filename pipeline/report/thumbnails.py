"""Thumbnails as data URIs within a budget, so that the page stays small however large the thumbnails are."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

BUDGET = 2_800_000  # bytes of all thumbnails before base64, which adds a third
LARGEST_SIDE = 240
QUALITY = 70


def data_uri(thumbnail: bytes) -> str:
    """A JPEG as the address of an image that is part of the page."""
    return f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode('ascii')}"


def within_budget(thumbnails: Iterable[bytes | None]) -> list[bytes | None]:
    """The same thumbnails, of which none is over its equal share of the budget: re-encoded, or None."""
    given = list(thumbnails)
    share = BUDGET // max(1, sum(thumbnail is not None for thumbnail in given))
    return [thumbnail and _fitted(thumbnail, share) for thumbnail in given]


def _fitted(thumbnail: bytes, most: int) -> bytes | None:
    if len(thumbnail) <= most:
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
