"""Sizes of the pages of a Parquet file, read from their headers before Arrow decompresses them.

The sizes that a footer claims bound nothing, and Arrow ends the process if it has none: the footer is read here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from pipeline.inputs.tables.compact import Wanted, read_struct

DELTA_BYTE_ARRAY = 7
"""The encoding of values as what differs from the one before: a page of a megabyte may hold a terabyte."""

_CHUNK: Wanted = {3: {5: ..., 7: ..., 9: ..., 11: ...}}
_FOOTER: Wanted = {4: {1: _CHUNK}}  # of each row group the columns
_VALUES, _SIZE, _DATA, _DICTIONARY = 5, 7, 9, 11  # fields of a column's metadata
_PAGE: Wanted = {1: ..., 2: ..., 3: ..., 5: {1: ..., 2: ...}, 7: {1: ...}, 8: {1: ..., 4: ...}}
_DICTIONARY_PAGE = 2
_TAIL = 8  # bytes of a file's end: the footer's length and the magic
_FIRST_READ, _MOST_READ = 1 << 9, 1 << 24  # bytes of a page's header; the most that Arrow reads


class Page(NamedTuple):
    """A page: bytes uncompressed, and values (levels, in a nested column)."""

    is_dictionary: bool
    bytes: int
    values: int
    encoding: int


@dataclass
class Pages:
    """The pages of a local Parquet file. Every method raises ValueError for a damaged file, and OSError."""

    file: pa.NativeFile
    _size: int = field(init=False)
    _groups: list[dict[int, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self._size = self.file.size()
        end = self._size - _TAIL
        length = int.from_bytes(self._read(end, 4), "little")
        try:
            footer, _ = read_struct(self._read(end - length, length), _FOOTER)
        except IndexError as error:
            raise ValueError("truncated footer") from error
        self._groups = footer.get(4, [])

    def values(self, group: int, column: int) -> int:
        """The number of values of a column in a row group, as the footer claims."""
        return self._number(group, column, _VALUES)

    def of(self, group: int, column: int) -> Iterator[Page]:
        """Yields the pages of a column, by its number among the leaves of the schema, in a row group."""
        place, dictionary = (self._number(group, column, number) for number in (_DATA, _DICTIONARY))
        place = dictionary if 0 < dictionary < place else place
        end, missing = place + self._number(group, column, _SIZE), self.values(group, column)
        while missing > 0 and place < end:
            page, place = self._page(place)
            missing -= 0 if page.is_dictionary else page.values
            yield page

    def _number(self, group: int, column: int, number: int) -> int:
        try:
            return int(self._groups[group][1][column][3].get(number, 0))
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no column {column} in row group {group}") from error

    def _page(self, place: int) -> tuple[Page, int]:
        """The page at `place`, and the place behind it."""
        head, length = self._header(place)
        kind, size, compressed = (head.get(number, -1) for number in (1, 2, 3))
        data = head.get(7) or head.get(5) or head.get(8) or {}
        is_known = isinstance(data, dict)
        numbers = (kind, size, compressed, *(data.get(field, 0) for field in (1, 4 if 8 in head else 2) if is_known))
        if not (is_known and all(isinstance(number, int) for number in numbers) and min(numbers[1:4]) >= 0):
            raise ValueError(f"no page at byte {place:,}")
        return Page(kind == _DICTIONARY_PAGE, size, numbers[3], numbers[4]), place + length + compressed

    def _header(self, place: int) -> tuple[dict[int, Any], int]:
        size = _FIRST_READ
        while True:
            data = self._read(place, size)
            try:
                return read_struct(data, _PAGE)
            except IndexError as error:
                if len(data) < size or size >= _MOST_READ:
                    raise ValueError(f"no page at byte {place:,}") from error
                size *= 8

    def _read(self, place: int, size: int) -> bytes:
        if not 0 <= place < self._size:
            raise ValueError(f"a place outside the file: {place:,}")
        return bytes(self.file.read_at(size, place))
