"""Shared code of the tar and record readers: such files hold whole pairs, fields and image together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from pipeline.files import open_file
from pipeline.inputs.archives.samples import ByteRange
from pipeline.inputs.batching import bounded, set_columns
from pipeline.inputs.captions import LISTS, captions_of, or_else, spread, with_lists
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.img2dataset import has_failed
from pipeline.inputs.json_files.values import MOST_FIELDS, Fields
from pipeline.inputs.layout import make_layout
from pipeline.inputs.nested import nested_names, with_nested
from pipeline.inputs.reader import NO_PAGES, WHOLE, Span
from pipeline.inputs.roles import find_roles, first_alias, listed, more_texts
from pipeline.inputs.settings import ALIASES, Columns, Input
from pipeline.inputs.sizes import aliases, without_copies
from pipeline.inputs.sources import Source

Row = dict[str, Any]

KEY, TEXT = ".key", ".txt"
"""Fields of a row made from a member's name and a separate member. They are not passthrough columns."""

MOST_IMAGE_BYTES = 1 << 27
"""The most bytes read of an image: several copies of it stay within a gigabyte."""

_ROLES = {role: names for role, names in ALIASES.items() if role != "image"}
_FIRST = {"key": (*ALIASES["key"], KEY), "text": tuple(dict.fromkeys((TEXT, "txt", *ALIASES["text"])))}


class Pair(NamedTuple):
    """A pair as read from a file; `image` is None if it is missing or not wanted."""

    row: Row
    image: bytes | None
    place: ByteRange


class PairReader:
    """A file of whole pairs. It is read twice: first for the fields of all its rows, since all batches share a schema.

    A subclass yields the pairs, and rereads one image.
    """

    one_shard = True
    has_images = True
    folder = ""
    places = looked_in = ""
    paths_seen = 0
    paths_found = 0
    failed_downloads = 0
    pages = NO_PAGES
    position = 0

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        self.source = source
        self._settings = settings
        self._columns = settings.columns
        self._max_row_bytes = settings.max_row_bytes
        self._text_only = text_only

    def spans(self, rows: int) -> list[Span]:
        return [WHOLE]

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        with reading(self.source.path), open_file(self.source.path) as file:
            rows = (pair.row for pair in self._downloaded(file, images=False))
            form = FieldForm(self.source.path, rows, self._settings, self.left_out(file))
            row = 0
            for pairs in bounded(self._downloaded(file, images=not self._text_only), _size):
                self.position = file.tell()
                yield from self._spread(form.table(pairs), row)
                row += len(pairs)

    def left_out(self, file: BinaryIO) -> Collection[str]:
        """The fields that are never passthrough columns."""
        return ()

    def _downloaded(self, file: BinaryIO, *, images: bool) -> Iterator[Pair]:
        """Yields the pairs without failed downloads, up to the limit."""
        self.failed_downloads, left = 0, self._settings.limit
        for pair in self.pairs(file, images=images):
            if has_failed(pair.row):
                self.failed_downloads += 1
                continue
            yield pair
            left = None if left is None else left - 1
            if left == 0:
                return

    def _spread(self, table: pa.Table, row: int) -> Iterator[pa.Table]:
        """Yields one pair per caption if a row has several."""
        try:
            yield from spread(table, self.source.name, row)
        except ValueError as error:
            raise BadFile(self.source.path, str(error)) from error

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        places = zip(rows["offset"].to_pylist(), rows["length"].to_pylist(), strict=True)
        with reading(self.source.path), open_file(self.source.path) as file:
            for offset, length in places:
                content = read_image(file, ByteRange(offset, length))
                yield None if content is None else self.image(content)

    def pairs(self, file: BinaryIO, *, images: bool) -> Iterator[Pair]:
        """All pairs of the file, from its start."""
        raise NotImplementedError

    def image(self, content: bytes) -> bytes | None:
        """Finds the image in the bytes at a pair's offset."""
        raise NotImplementedError


class FieldForm:
    """The table made from a file's pairs."""

    def __init__(self, path: str, rows: Iterable[Row], settings: Input, left_out: Collection[str] = ()) -> None:
        """Raises BadFile if there are pairs, and none has a text."""
        columns = settings.columns
        self._fields = Fields(MOST_FIELDS + len(left_out))  # so that a corpus may have MOST_FIELDS passthrough columns
        self._nested = nested_names(columns)
        for number, row in enumerate(rows, start=1):
            self._add(path, number, row)
        schema = self._fields.schema
        columns = columns if len(schema) else Columns()  # a file without pairs is valid
        roles = find_roles(path, schema, columns, aliases({**_ROLES, **_FIRST}, settings.original_size))
        roles = without_copies(schema, roles, columns, settings.original_size)
        if "text" not in roles and len(schema):
            there = listed(pa.schema([field for field in schema if field.name != KEY]))
            raise BadFile(path, f"no text ({', '.join(_FIRST['text'])}); the fields are {there}")
        texts = more_texts(schema, columns)
        made = make_layout(schema, roles, has_images=True, more_texts=texts, left_out=left_out)
        self._layout = made.without(KEY, TEXT)
        self._texts = {schema.names[number] for number in self._layout.texts}
        self._other_texts = self._find_others(schema, columns)

    def _find_others(self, schema: pa.Schema, columns: Columns) -> list[int]:
        """Fields that serve as a pair's text if the fields before are missing; none if settings choose the text."""
        names = () if columns.text else _ROLES["text"]
        there = dict.fromkeys(first_alias(schema, "text", (name,)) for name in names)
        return [number for number in there if number is not None and number not in self._layout.texts]

    def _add(self, path: str, number: int, row: Row) -> None:
        try:
            self._fields.add(with_nested(row, self._nested))
        except ValueError as error:
            raise BadFile(path, f"pair {number} ({row.get(KEY)}): {error}") from error

    def table(self, pairs: Sequence[Pair]) -> pa.Table:
        """Makes a batch of pairs. Pairs without a .txt member take their text from a field."""
        rows = [with_nested(pair.row, self._nested) for pair in pairs]
        table = self._layout.arrange(self._fields.batch(rows, self._texts))
        for other in self._other_texts:
            table = _fill(table, self._fields.texts(rows, other))
        return set_columns(
            table,
            image=pa.array([pair.image for pair in pairs], pa.large_binary()),
            offset=pa.array([pair.place.offset for pair in pairs], pa.int64()),
            length=pa.array([pair.place.length for pair in pairs], pa.int64()),
        )


def read_image(file: BinaryIO, place: ByteRange) -> bytes | None:
    """Reads the bytes at `place`; None if there are none, or more than MOST_IMAGE_BYTES."""
    if place.length is None or place.length > MOST_IMAGE_BYTES:
        return None
    return read_at(file, place)


def _fill(table: pa.Table, other: pa.Array) -> pa.Table:
    """Fills rows without captions with the captions of another column."""
    lists = table[LISTS].combine_chunks() if LISTS in table.column_names else None
    text, lists = or_else(table["text"].combine_chunks(), lists, *captions_of(other))
    table = set_columns(table.drop_columns(LISTS) if LISTS in table.column_names else table, text=text)
    return table if lists is None else with_lists(table, lists)


def _size(pair: Pair) -> int:
    """Counts the bytes of a pair's image and text fields."""
    return len(pair.image or b"") + sum(len(value) for value in pair.row.values() if isinstance(value, str | bytes))


def read_at(file: BinaryIO, place: ByteRange) -> bytes:
    """Reads the bytes at `place`."""
    assert place.offset is not None and place.length is not None
    file.seek(place.offset)
    return file.read(place.length)
