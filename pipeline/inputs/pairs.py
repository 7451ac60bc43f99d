"""What readers of tar and record files share: such a file holds whole pairs, fields and image together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import open_file
from pipeline.inputs import convert
from pipeline.inputs.batching import bounded, set_columns
from pipeline.inputs.errors import BadFile, reading
from pipeline.inputs.layout import find_roles, listed, make_layout
from pipeline.inputs.reader import WHOLE, Span
from pipeline.inputs.settings import ALIASES, Columns, Input
from pipeline.inputs.sources import Source
from pipeline.inputs.values import Fields

Row = dict[str, Any]

KEY, TEXT = ".key", ".txt"
"""Fields of a row that are a member's name and a member of its own. They are not carried."""

_ROLES = {role: names for role, names in ALIASES.items() if role != "image"}
_FIRST = {"key": (*ALIASES["key"], KEY), "text": tuple(dict.fromkeys((TEXT, "txt", *ALIASES["text"])))}


class Place(NamedTuple):
    """Where something lies in a file, in bytes."""

    offset: int | None
    length: int | None


NOWHERE = Place(None, None)


class Pair(NamedTuple):
    """One pair as a file holds it; `image` is None where it is missing or was not asked for."""

    row: Row
    image: bytes | None
    place: Place


class PairReader:
    """A file of whole pairs. It is read twice: first for the fields of all its rows, since a batch has one schema.

    A subclass gives the pairs, and reads one image again.
    """

    one_shard = True
    has_images = True
    folder = ""
    looked_in = ""
    paths_seen = 0
    paths_found = 0

    def __init__(self, source: Source, settings: Input, text_only: bool) -> None:
        self.source = source
        self._columns = settings.columns
        self._text_only = text_only

    def spans(self, rows: int) -> list[Span]:
        return [WHOLE]

    def batches(self, span: Span = WHOLE) -> Iterator[pa.Table]:
        with reading(self.source.path), open_file(self.source.path) as file:
            rows = (pair.row for pair in self.pairs(file, images=False))
            form = Form(self.source.path, rows, self._columns)
            for pairs in bounded(self.pairs(file, images=not self._text_only), lambda pair: len(pair.image or b"")):
                yield form.table(pairs)

    def images(self, rows: pa.Table) -> Iterator[bytes | None]:
        places = zip(rows["offset"].to_pylist(), rows["length"].to_pylist(), strict=True)
        with reading(self.source.path), open_file(self.source.path) as file:
            for offset, length in places:
                yield None if offset is None else self.image(read_at(file, Place(offset, length)))

    def pairs(self, file: BinaryIO, *, images: bool) -> Iterator[Pair]:
        """All pairs of the file, from its start."""
        raise NotImplementedError

    def image(self, content: bytes) -> bytes | None:
        """The image in what lies at a pair's place."""
        raise NotImplementedError


class Form:
    """The table that a file's pairs make."""

    def __init__(self, path: str, rows: Iterable[Row], columns: Columns) -> None:
        """Raises BadFile where there are pairs, and none has a text."""
        self._fields = Fields()
        for row in rows:
            self._fields.add(row)
        schema = self._fields.schema
        columns = columns if len(schema) else Columns()  # a file without pairs is as good as any
        roles = find_roles(path, schema, columns, {**_ROLES, **_FIRST})
        if "text" not in roles and len(schema):
            there = listed(pa.schema([field for field in schema if field.name != KEY]))
            raise BadFile(path, f"no text ({', '.join(_FIRST['text'])}); the fields are {there}")
        self._layout = make_layout(schema, roles, has_images=True).without(KEY, TEXT)
        self._other_text = find_roles(path, schema, columns, _ROLES).get("text")

    def table(self, pairs: Sequence[Pair]) -> pa.Table:
        """The batch of some pairs. A field is the text of those without a member of their own for it."""
        batch = self._fields.batch([pair.row for pair in pairs])
        table = self._layout.arrange(batch)
        if self._other_text is not None:
            table = set_columns(table, text=pc.coalesce(table["text"], convert.binary(batch.column(self._other_text))))
        return set_columns(
            table,
            image=pa.array([pair.image for pair in pairs], pa.large_binary()),
            offset=pa.array([pair.place.offset for pair in pairs], pa.int64()),
            length=pa.array([pair.place.length for pair in pairs], pa.int64()),
        )


def read_at(file: BinaryIO, place: Place) -> bytes:
    """The bytes at `place`."""
    assert place.offset is not None and place.length is not None
    file.seek(place.offset)
    return file.read(place.length)
