"""Refuses JPEG 2000 with parts so small that OpenJPEG would spend minutes and gigabytes on a file of a few kB."""

from __future__ import annotations

import re

from filters.image_errors import ImageError, UndecodableImage

LEAST_BLOCK = 16  # pixels; encoders use 32 or 64
LEAST_PRECINCT = 32  # pixels of the whole image; encoders use 128 or more, or one precinct of all

# Segments COD and COC (ISO/IEC 15444-1, A.6): length, style, then the fields that both have, from the number of levels
_STYLES = re.compile(
    rb"\xff(?:\x52\x00[\x0c-\x2d](?P<style>[\x00-\x07]).{4}|\x53\x00[\x09-\x2b].(?P<of_one>[\x00\x01]))"
    rb"(?P<levels>[\x00-\x20])(?P<block>[\x00-\x08]{2}).[\x00\x01]",
    re.DOTALL,
)


def check_parts(data: bytes) -> None:
    """Raises UndecodableImage if a code block or a precinct of a JPEG 2000 is smaller than the least."""
    for found in _STYLES.finditer(data):
        block = min(4 << exponent for exponent in found["block"])
        precinct = _least_precinct(data, found) if _has_precincts(found) else LEAST_PRECINCT
        if block < LEAST_BLOCK or precinct < LEAST_PRECINCT:
            raise UndecodableImage(
                f"JPEG 2000 in blocks of {block} or precincts of {precinct} pixels", ImageError.REFUSED
            )


def _has_precincts(found: re.Match[bytes]) -> bool:
    return bool((found["style"] or found["of_one"])[0] & 1)


def _least_precinct(data: bytes, found: re.Match[bytes]) -> int:
    """The smallest side of all precincts, in pixels of the whole image; levels go from the smallest picture upwards."""
    levels = found["levels"][0]
    sizes = enumerate(data[found.end() : found.end() + levels + 1])
    return min((1 << min(size & 15, size >> 4) + levels - level for level, size in sizes), default=0)
