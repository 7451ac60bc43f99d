"""Thrift's compact protocol, in which Parquet has its footer and the headers of its pages: the fields wanted alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Wanted: TypeAlias = Mapping[int, Any]
"""The fields of a struct to read: a number's value is ..., a struct's the fields wanted of it or of each in a list."""

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = (
    0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13,
)  # fmt: skip
_WIDTHS = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}  # bytes
_DEEPEST = 32  # levels of structs and containers; Parquet has 6


def read_struct(data: bytes, wanted: Wanted) -> tuple[dict[int, Any], int]:
    """Returns the wanted fields of the struct at the start of `data`, and its length in bytes.

    Raises IndexError if it is longer than `data`, ValueError if it is no struct.
    """
    reader = _Reader(data)
    return reader.struct(wanted, 0), reader.place


class _Reader:
    """Bytes that are read from `place` on. Nothing that is not wanted is kept."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def struct(self, wanted: Wanted | None, level: int) -> dict[int, Any]:
        found, number = {}, 0
        while (head := self._byte()) & 15 != _STOP:
            number = number + (head >> 4) if head >> 4 else self._integer()
            inner = None if wanted is None else wanted.get(number)
            value = self._value(head & 15, inner, level + 1, is_field=True)
            if inner is not None:
                found[number] = value
        return found

    def _value(self, kind: int, wanted: Any, level: int, *, is_field: bool) -> Any:
        if level > _DEEPEST:
            raise ValueError("nested too deep")
        if _I16 <= kind <= _I64:
            return self._integer()
        if kind in (_TRUE, _FALSE) and is_field:
            return kind == _TRUE
        if kind == _BINARY:
            return self._skip(self._varint())
        if kind == _STRUCT:
            return self.struct(wanted if isinstance(wanted, Mapping) else None, level)
        if kind in (_LIST, _SET):
            return self._list(wanted, level)
        return self._map(level) if kind == _MAP else self._skip(_WIDTHS.get(kind, 1))

    def _list(self, wanted: Any, level: int) -> list[Any]:
        head = self._byte()
        size = self._varint() if head >> 4 == 15 else head >> 4
        values = (self._value(head & 15, wanted, level + 1, is_field=False) for _ in range(size))
        if wanted is not None:
            return list(values)
        for _ in values:
            pass
        return []

    def _map(self, level: int) -> None:
        size = self._varint()
        kinds = self._byte() if size else 0
        for _ in range(size):
            self._value(kinds >> 4, None, level + 1, is_field=False)
            self._value(kinds & 15, None, level + 1, is_field=False)

    def _skip(self, length: int) -> None:
        self.place += length
        if self.place > len(self.data):
            raise IndexError("longer than its bytes")

    def _byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1]

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) > 127:
            number |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number of over 64 bits")
        return number | byte << shift

    def _integer(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)
