"""A JSON file that is one object with long lists, read an element at a time, so that its size doesn't matter."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipeline.inputs.json_files.json_text import NESTING

_BLOCK = 1 << 20  # characters read at a time
_LONGEST = 4 << 20  # characters of an element: Python objects take up to 30 times as much
_GOES_ON = 2  # characters that may continue a number, as in 1e+5
_SPACES = " \t\r\n"


def list_elements(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Yields the elements of all lists in a top-level object, each with its list's name. Skips other values.

    Raises ValueError if there is no such object, and for an element that is too long or nested too deep.
    """
    text = _Text(file)
    text.take("{")
    while text.next() != "}":
        name = text.value()
        text.take(":")
        if text.next() == "[":
            yield from ((name, element) for element in _elements(text))
        else:
            text.value()
        text.separator("}")


def _elements(text: _Text) -> Iterator[Any]:
    text.take("[")
    while text.next() != "]":
        yield text.value()
        text.separator("]")
    text.take("]")


class _Text:
    """The text of a file, held only as far as a value needs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = io.TextIOWrapper(file, "utf-8-sig", "replace", newline="")
        self._held = ""
        self._place = 0
        self._decode = json.JSONDecoder(parse_constant=lambda name: None).raw_decode  # NaN isn't JSON

    def next(self) -> str:
        """The next character other than a space; empty at the end."""
        character = self._held[self._place : self._place + 1]
        while not character or character in _SPACES:
            self._place += 1 if character else 0
            if not character and not self._read_more():
                break
            character = self._held[self._place : self._place + 1]
        return character

    def take(self, character: str) -> None:
        if self.next() != character:
            raise ValueError(f"not JSON: {self.next()!r} in place of {character!r}")
        self._place += 1

    def separator(self, end: str) -> None:
        """Takes a comma, or nothing before `end`."""
        if self.next() != end:
            self.take(",")

    def value(self) -> Any:
        self.next()
        while True:
            try:
                value, end = self._decode(self._held, self._place)
            except json.JSONDecodeError as error:
                if not self._read_more():
                    raise ValueError(f"not JSON: {error}") from error
            except RecursionError as error:
                raise _too_deep() from error
            else:
                if end + _GOES_ON < len(self._held) or not self._read_more():
                    return self._checked(value, end)

    def _checked(self, value: Any, end: int) -> Any:
        brackets = self._held.count("[", self._place, end) + self._held.count("{", self._place, end)
        if brackets > NESTING and _is_deeper(value, NESTING):
            raise _too_deep()
        self._place = end
        return value

    def _read_more(self) -> bool:
        more = self._file.read(_BLOCK)
        if more:
            self._held, self._place = self._held[self._place :] + more, 0
        if len(self._held) > _LONGEST + _BLOCK:
            raise ValueError(f"an element is over {_LONGEST >> 20} MB")
        return bool(more)


def _is_deeper(value: Any, levels: int) -> bool:
    """Returns whether lists and objects are nested in more than `levels` levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return False
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _too_deep() -> ValueError:
    return ValueError(f"nested in more than {NESTING} levels")
