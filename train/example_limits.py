"""Counts the values of an encoded `tf.train.Example` without decoding it: a byte may stand for 20 bytes of memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_MESSAGE, _WIDTHS = 2, {1: 8, 5: 4}  # wire types: a length and so many bytes; numbers of fixed width
_VALUE = 2  # field of an entry with the feature itself; the other is its name
_FLOATS, _INTEGERS = 2, 3  # fields of a `Feature`


class _Field(NamedTuple):
    number: int
    kind: int  # wire type
    content: memoryview


def count_values(data: bytes, most: int) -> int:
    """Counts the fields of an Example and the values in them, up to over `most`. Raises ValueError for no Example."""
    total = 0
    for found in _values(memoryview(data)):
        total += found
        if total > most:
            break
    return total


def _values(data: memoryview) -> Iterator[int]:
    """Yields 1 for each field on the way, since an empty one takes work too, and the numbers of values in lists."""
    for features in _fields(data):
        yield 1
        for entry in _fields(features.content):
            yield 1
            for feature in _fields(entry.content):
                yield 1
                for values in _fields(feature.content if feature.number == _VALUE else data[:0]):
                    yield 1
                    yield from (_count(values.number, value) for value in _fields(values.content))


def _count(kind: int, value: _Field) -> int:
    """Counts the values of one field of a list: several where numbers are packed."""
    if value.kind != _MESSAGE or kind not in (_FLOATS, _INTEGERS):
        return 1
    if kind == _FLOATS:
        return max(len(value.content) // 4, 1)
    return max(int(np.count_nonzero(np.frombuffer(value.content, np.uint8) < 128)), 1)  # last bytes of integers


def _fields(data: memoryview) -> Iterator[_Field]:
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind, start = tag & 7, place
        if kind == _MESSAGE:
            length, start = _varint(data, place)
            place = start + length
        elif kind in _WIDTHS:
            place += _WIDTHS[kind]
        elif kind == 0:
            place = _varint(data, place)[1]
        else:
            raise ValueError(f"not a tf.train.Example: wire type {kind}")
        if place > len(data):
            raise ValueError("not a tf.train.Example: a length beyond its end")
        yield _Field(tag >> 3, kind, data[start:place] if kind == _MESSAGE else data[:0])


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """The number at `place`, and the place behind it."""
    number = 0
    for shift, byte in enumerate(data[place : place + 10]):
        number |= (byte & 127) << 7 * shift
        if byte < 128:
            return number, place + shift + 1
    raise ValueError("not a tf.train.Example: a number that doesn't end")
