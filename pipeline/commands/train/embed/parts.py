"""An unfinished index: complete parts of some thousand images, after which a killed run resumes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.commands.train.embed.pictures import Found
from pipeline.files import Output, open_file, read_bytes
from pipeline.inputs.json_files.values import valid
from pipeline.storage.markers import Listing

PARTS = "work/parts"
NAMED = 5  # bad pictures of a part
PICTURE = pa.schema(
    [
        ("name", pa.string()),
        ("path", pa.string()),
        ("row", pa.int64()),
        ("image_path", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("id", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
    ]
)
_RECORD = pa.schema([("picture", pa.int64()), ("text", pa.string()), ("good", pa.bool_())])


class Record(NamedTuple):
    """A picture as it was found: its number, whether it is new, and how far reading has come after it."""

    found: Found
    picture: int
    is_new: bool
    after: tuple[int, int]  # a task, and how many of its records


Result = np.ndarray | Exception | None  # embedding of a new image, or its error


@dataclass(frozen=True)
class Note:
    """The completion marker of a part: the position reached, counts of good and bad images, and the first bad ones."""

    after: tuple[int, int]
    good: int
    bad: int
    named: list[str]


@dataclass(frozen=True)
class Parts:
    """The parts of the index in `output`."""

    output: Output

    def write(self, number: int, records: Sequence[tuple[Record, Result]]) -> Note:
        """Writes a part: its vectors, its records, and the note that says it is complete."""
        vectors = [result for _, result in records if isinstance(result, np.ndarray)]
        bad = [str(result) for _, result in records if isinstance(result, Exception)]
        note = Note(records[-1][0].after, len(vectors), len(bad), bad[:NAMED])
        self.output.write_bytes(_name(number, "vectors"), b"".join(vector.tobytes() for vector in vectors))
        with self.output.write(_name(number, "parquet")) as file:
            pq.write_table(_table(records), file)
        self.output.write_bytes(_name(number, "json"), json.dumps(dataclasses.asdict(note)).encode())
        return note

    def notes(self) -> list[Note]:
        """Returns the markers of the complete parts, in order, up to the first part with a missing file."""
        notes, there = list[Note](), Listing(self.output)
        while all(_name(len(notes), ending) in there for ending in ("json", "vectors", "parquet")):
            held = json.loads(read_bytes(self.output.path(_name(len(notes), "json"))))
            notes.append(Note(**{**held, "after": tuple(held["after"])}))
        return notes

    def vectors(self, number: int) -> bytes:
        """The vectors of a part, one after the other."""
        return read_bytes(self.output.path(_name(number, "vectors")))

    def records(self, number: int, columns: Sequence[str]) -> pa.Table:
        """The records of a part: what is known of the picture, its number, its text, and whether it has a vector."""
        with open_file(self.output.path(_name(number, "parquet"))) as file:
            return pq.read_table(file, columns=columns)

    def each(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records of all parts."""
        for number in range(len(self.notes())):
            yield self.records(number, columns)


def _name(number: int, ending: str) -> str:
    return f"{PARTS}/{number:06d}.{ending}"


def _table(records: Sequence[tuple[Record, Result]]) -> pa.Table:
    rows = [
        {
            **vars(record.found),
            **vars(record.found.place),
            "path": valid(record.found.place.path),  # a path that isn't UTF-8 is known, but can't be opened again
            "picture": record.picture,
            "good": isinstance(result, np.ndarray),
        }
        for record, result in records
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([*_RECORD, *PICTURE]))
