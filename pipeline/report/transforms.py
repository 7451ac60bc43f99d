"""The difference between an image and its matching evaluation image, in plain words."""

from __future__ import annotations

import re

_WORDS = (
    (r"crop centre (\S+)\b", r"middle \1 of each side"),
    (r"crop (width|height) (\S+)\b", r"middle \2 of the \1"),
    (r"crop (\S+) at (\S+), (\S+)\b", r"\1 of each side, placed \2 across, \3 down"),
    (r"cut (left|top|right|bottom) (\S+)\b", r"\2 cut off at the \1"),
    (r"(\S+) more at the", r"\1 more at the"),
    (r"inner (\S+)\b", r"inner \1 of the corpus image"),
    (r"\b(half|quarter)\b", r"\1 of the corpus image"),
    (r"\binner$|\binner(?=,)", "without the corners"),
    (r"border trimmed", "inside a border"),
)
_FRACTION = re.compile(r"(?<![\d.-])[01](\.\d+)?(?![\d.])")
_ROTATED = re.compile(r"rotated (-?\d+)")


def in_words(transform: str) -> str:
    """Puts a transform such as "crop centre 0.9, mirrored" in words; an unknown one is unchanged."""
    for pattern, words in _WORDS:
        transform = re.sub(pattern, words, transform)
    return _ROTATED.sub(_degrees, _FRACTION.sub(_percent, transform))


def _percent(fraction: re.Match[str]) -> str:
    return f"{100 * float(fraction[0]):.3g}%"


def _degrees(rotated: re.Match[str]) -> str:
    """Degrees count counterclockwise, that is to the left."""
    degrees = int(rotated[1]) % 360
    if degrees == 180:
        return "rotated 180°"
    return f"rotated {degrees}° to the left" if degrees < 180 else f"rotated {360 - degrees}° to the right"
