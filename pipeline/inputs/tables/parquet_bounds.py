"""The number of rows of a Parquet file that fit in memory, whatever its encodings and compression make of its bytes.

A few bytes may stand for gigabytes: a long value in a dictionary, referenced by each row; a page that is one value; a
list of nulls. A remote file is not examined, since each page would be a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from pipeline.files import is_local
from pipeline.inputs import convert
from pipeline.inputs.archives.pairs import MOST_IMAGE_BYTES
from pipeline.inputs.errors import BadFile, too_long
from pipeline.inputs.json_files.json_text import VALUES
from pipeline.inputs.reader import IMAGE_BATCH_BYTES
from pipeline.inputs.tables.expansion import BATCH_BYTES, longest
from pipeline.inputs.tables.pages import DELTA_BYTE_ARRAY, Page, Pages

_PAGE_BYTES = 256 << 20  # bytes of a page without images: it is decompressed as a whole
_FIXED_BYTES = 1 << 18  # bytes of a value of fixed size: Arrow reserves 1,024 at once
_SLACK = 1 << 10  # bytes of a page's value besides its content: its length, levels, a checksum
_WIDTH = 16  # bytes of a number, or a date, with its place in a list
_TEXTS = ("NONE", "STRING", "JSON", "ENUM", "BSON")  # logical types whose dictionaries Arrow can show


class Leaf(NamedTuple):
    """A column of values, possibly inside structs and lists."""

    number: int
    name: str
    is_image: bool
    is_repeated: bool
    has_text: bool  # its values may have any length, and Arrow can show their dictionary
    width: int  # bytes of each value; 0 if they differ


class Bounds:
    """Examines the row groups of a file before they are read. Methods raise BadFile for a value over its limit."""

    def __init__(
        self, path: str, file: pq.ParquetFile, starts: np.ndarray, images: Sequence[str], most_bytes: int
    ) -> None:
        """Takes the first row of each row group, and the total; the names of the images' leaves; a row's most bytes."""
        self._path, self._file, self._images, self._most_bytes = path, file, images, most_bytes
        self._starts: list[int] = starts.tolist()

    def batch_rows(self, groups: list[int], columns: list[str], most: int) -> int:
        """Returns up to `most` rows of these columns and row groups that fit in memory at once, at least one."""
        leaves = self._leaves(columns) if is_local(self._path) else []
        for group in groups:
            if rows := self._rows(group):
                found = [self._examine(group, leaf, min(most, rows)) for leaf in leaves]
                claimed = self._file.metadata.row_group(group).total_byte_size
                encoded = max(claimed, sum(size for size, _ in found), 1)
                longest = max(sum(length for _, length in found), 1)
                most = min(most, rows * IMAGE_BATCH_BYTES // encoded, BATCH_BYTES // longest)
        return max(most, 1)

    def _rows(self, group: int) -> int:
        return self._starts[group + 1] - self._starts[group]

    def _leaves(self, columns: list[str]) -> list[Leaf]:
        """The leaves of these columns, as Arrow chooses them: a name stands for all below it too."""
        schema, wanted = self._file.schema, set(columns)
        numbered = ((number, schema.column(number)) for number in range(len(schema)))
        return [self._leaf(number, leaf) for number, leaf in numbered if wanted.intersection(_above(leaf.path))]

    def _leaf(self, number: int, leaf: Any) -> Leaf:
        kind = leaf.physical_type
        has_text = kind == "BYTE_ARRAY" and leaf.logical_type.type in _TEXTS
        width = leaf.length if kind == "FIXED_LEN_BYTE_ARRAY" else _WIDTH * (kind != "BYTE_ARRAY")
        return Leaf(number, leaf.path, leaf.path in self._images, leaf.max_repetition_level > 0, has_text, width)

    def _examine(self, group: int, leaf: Leaf, rows: int) -> tuple[int, int]:
        """Returns a column's bytes in its pages, and the longest value's that pages don't hold in full, else 0.

        Of a list, it is the bytes of as many such values as a row has on average.
        """
        size, longest = 0, leaf.width
        for page in self._pages_of(group, leaf):
            size += page.bytes
            if leaf.width:
                continue
            if page.is_dictionary and page.bytes * rows > BATCH_BYTES:
                longest = max(longest, self._longest(group, leaf, page))
            elif page.encoding == DELTA_BYTE_ARRAY and not page.is_dictionary:
                longest = max(longest, page.bytes)
        longest *= self._values_a_row(group, leaf)
        if leaf.is_repeated and longest > _PAGE_BYTES:
            what = f"a list of {_place(group, leaf)} comes to up to {longest:,} bytes decoded"
            raise BadFile(self._path, f"{what}, over the {_PAGE_BYTES:,} of a row")
        return size, longest

    def _longest(self, group: int, leaf: Leaf, page: Page) -> int:
        """Returns the length of the longest value of a dictionary, which Arrow reads in full with the first row."""
        if not leaf.has_text:
            return page.bytes
        batches = self._dictionaries.iter_batches(1, row_groups=[group], columns=[leaf.name], use_threads=False)
        array = next((batch.column(0) for batch in batches), None)
        return page.bytes if array is None else _value_length(array)

    @cached_property
    def _dictionaries(self) -> pq.ParquetFile:
        """The file, read without the values in place of the references to them."""
        schema = self._file.schema
        names = [schema.column(number).path for number in range(len(schema))]
        texts = [name for number, name in enumerate(names) if self._leaf(number, schema.column(number)).has_text]
        return pq.ParquetFile(pa.OSFile(self._path), read_dictionary=texts, pre_buffer=False, buffer_size=1 << 16)

    def _values_a_row(self, group: int, leaf: Leaf) -> int:
        rows = self._rows(group)
        values = self._pages.values(group, leaf.number) if leaf.is_repeated else rows
        if values > rows * VALUES:
            raise BadFile(self._path, f"{_place(group, leaf)} has more than {VALUES:,} values a row")
        return -(-values // rows)

    def _pages_of(self, group: int, leaf: Leaf) -> Iterator[Page]:
        """Yields a column's pages, after each was found to be within the limits."""
        row = self._starts[group]
        most = MOST_IMAGE_BYTES if leaf.is_image else self._most_bytes
        if leaf.width > _FIXED_BYTES:
            what = f"{_place(group, leaf)} has values of fixed size, {leaf.width:,} bytes"
            raise BadFile(self._path, f"{what}, over the {_FIXED_BYTES:,} of such values; write it as binary")
        try:
            for page in self._pages.of(group, leaf.number):
                if page.bytes > (most + _SLACK) * max(page.values, 1):
                    raise self._over(_value(group, leaf, row, page), leaf)
                if page.bytes > _PAGE_BYTES and not leaf.is_image:
                    what = (
                        f"a page of {_place(group, leaf)} has {page.bytes:,} bytes, over the {_PAGE_BYTES:,} of a page"
                    )
                    raise BadFile(self._path, f"{what}; write the table with smaller row groups")
                yield page
                row += 0 if page.is_dictionary or leaf.is_repeated else page.values
                if row > self._starts[group + 1]:
                    raise ValueError(f"{_place(group, leaf)} has more values than rows")
        except ValueError as error:
            raise BadFile(self._path, f"damaged: {error}") from error

    def _over(self, what: str, leaf: Leaf) -> BadFile:
        if leaf.is_image:
            return BadFile(self._path, f"{what} is over {MOST_IMAGE_BYTES:,} bytes, the limit of an image")
        return too_long(self._path, what, self._most_bytes)

    @cached_property
    def _pages(self) -> Pages:
        try:
            return Pages(pa.OSFile(self._path))
        except ValueError as error:
            raise BadFile(self._path, f"damaged: {error}") from error


def _above(name: str) -> Iterator[str]:
    """Yields a leaf's name, and the names of all that it is in."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _value_length(array: pa.Array) -> int:
    """The length of the longest value in the dictionaries inside an array."""
    if isinstance(array, pa.ExtensionArray):
        return _value_length(array.storage)
    if pt.is_dictionary(array.type):
        return longest(array)
    if pt.is_map(array.type):
        return max(_value_length(array.keys), _value_length(array.items))
    if pt.is_struct(array.type):
        return max(map(_value_length, array.flatten()), default=0)
    return _value_length(array.values) if convert.is_list(array.type) else 0


def _place(group: int, leaf: Leaf) -> str:
    return f"column {leaf.name} in row group {group + 1}"


def _value(group: int, leaf: Leaf, row: int, page: Page) -> str:
    """The place of a page's value: its row where that is sure."""
    if page.is_dictionary or leaf.is_repeated:
        return f"a value of {_place(group, leaf)}"
    return (
        f"row {row + 1}" if page.values == 1 else f"a value of column {leaf.name} in rows {row + 1}-{row + page.values}"
    )
