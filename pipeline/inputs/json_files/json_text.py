"""Parsing of untrusted JSON within counted limits: equal text has an equal outcome in every process."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any

import numpy as np
from numpy.typing import NDArray

NESTING = 64
"""The deepest nesting of arrays and objects."""

VALUES = 1_000_000
"""The most values of a row."""

_MARKS = b'"[]{},'
_OTHERS = bytes(set(range(256)) - set(_MARKS))
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1
_STARTS = np.isin(np.arange(256), list(b"[{,"))

_SPACE = " \t\n\r"
_DECODER = json.JSONDecoder(parse_constant=lambda name: None)


class OverLimit(ValueError):
    """JSON that nests too deep or has too many values."""


def parse(content: bytes, *, most_values: int = VALUES) -> Any:
    """Returns the value of a JSON text. NaN and the infinities, which JSON doesn't have, are None.

    The text is UTF-8, with or without byte order mark; invalid bytes become U+FFFD. Raises ValueError for invalid JSON;
    OverLimit for nesting deeper than NESTING or more than `most_values` values.
    """
    _check(content, most_values)
    text = content.removeprefix(BOM_UTF8).decode("utf-8", "replace").strip(_SPACE)
    value, end = _DECODER.raw_decode(text)
    if end < len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _check(content: bytes, most_values: int) -> None:
    """Raises OverLimit for a text over the limits. Only texts with many brackets or commas are counted exactly."""
    opened = content.count(b"[") + content.count(b"{")
    if opened <= NESTING and (len(content) < most_values or opened + content.count(b",") < most_values):
        return
    marks = _marks(content)
    if np.cumsum(_STEPS[marks], dtype=np.int32).max(initial=0) > NESTING:
        raise OverLimit(f"nested more than {NESTING} deep")
    if np.count_nonzero(_STARTS[marks]) >= most_values:
        raise OverLimit(f"more than {most_values:,} values")


def _marks(content: bytes) -> NDArray[np.uint8]:
    """The brackets and commas of a JSON text outside strings, uint8 (marks,)."""
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = np.frombuffer(unescaped.translate(None, _OTHERS), np.uint8)
    quotes = marks == ord('"')
    in_string = np.cumsum(quotes, dtype=np.uint8) & 1  # the sum's parity survives its overflow
    outside: NDArray[np.bool_] = (in_string == 0) & ~quotes
    return marks[outside]
