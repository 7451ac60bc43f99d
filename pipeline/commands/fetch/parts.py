"""Checkpoints of a shard: what was fetched is written down about every 20 seconds, so that a kill loses no more.

A part is a file of bodies, one after the other, and a table of answers that is written after it.
"""

from __future__ import annotations

import dataclasses
import io
import mmap
import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa

from crawl.fetching.answers import Answer
from pipeline.files import Output, is_local, open_file

SECONDS = 20.0
MOST_BYTES = 1 << 28  # of a part
SCHEMA = pa.schema(
    [
        ("index", pa.int64()),  # of the URL among the distinct ones of its shard
        ("status", pa.string()),
        ("http_code", pa.int32()),
        ("final_url", pa.string()),
        ("tries", pa.int32()),
        ("size", pa.int64()),
        ("sha256", pa.string()),
        ("suffix", pa.string()),
        ("offset", pa.int64()),  # of the body in its file
    ]
)


class PartWriter:
    """Writes answers and bodies as they come, in parts; as a context it closes the last part, also after an error."""

    def __init__(self, output: Output, folder: str) -> None:
        self._output, self._folder = output, folder
        self._number = len(part_names(output, folder))
        self._open()

    def _open(self) -> None:
        self._rows: list[tuple[object, ...]] = []
        self._stack, self._file, self._size, self._since = ExitStack(), None, 0, time.monotonic()

    _file: BinaryIO | None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def add(self, index: int, answer: Answer, body: bytes | None) -> None:
        """Writes the answer of a URL, and its body."""
        offset = self._size
        if body:
            if self._file is None:
                self._file = self._stack.enter_context(self._output.write(self._name("bodies")))
            self._file.write(body)
            self._size += len(body)
        self._rows.append((index, *dataclasses.astuple(answer), offset))
        if self._size > MOST_BYTES:
            self.close()

    def tick(self) -> None:
        """Closes the part if its time is over."""
        if self._rows and time.monotonic() - self._since > SECONDS:
            self.close()

    def close(self) -> None:
        """Finishes the part, if it has any answer, and begins the next."""
        rows, self._rows = self._rows, []  # lost if their bodies can't be written
        self._stack.close()
        if rows:
            columns = [*zip(*rows, strict=True)]
            order = [name.name for name in dataclasses.fields(Answer)]
            named = dict(zip(("index", *order, "offset"), columns, strict=True))
            table = pa.table([pa.array(named[item.name], item.type) for item in SCHEMA], schema=SCHEMA)
            with self._output.write(self._name("arrow")) as file, pa.ipc.new_file(file, SCHEMA) as writer:
                writer.write_table(table)
            self._number += 1
        self._open()

    def _name(self, kind: str) -> str:
        return f"{self._folder}/{self._number:06d}.{kind}"


def part_names(output: Output, folder: str) -> list[str]:
    """The tables of a shard's finished parts."""
    return output.names(folder, ".arrow")


class Parts:
    """All finished parts of a shard: an answer for some of its URLs, and the bodies. As a context it closes files."""

    def __init__(self, output: Output, folder: str) -> None:
        self._output = output
        self._stack = ExitStack()
        self._names = part_names(output, folder)
        self._bodies: dict[int, mmap.mmap] = {}
        self._found: dict[int, tuple[int, dict[str, object]]] = {}
        for part, name in enumerate(self._names):
            with open_file(output.path(name)) as file:
                rows = pa.ipc.open_file(io.BytesIO(file.read())).read_all().to_pylist()
            self._found |= {row["index"]: (part, row) for row in rows}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.clear()
        self._stack.close()

    def __contains__(self, index: int) -> bool:
        return index in self._found

    def answer(self, index: int) -> Answer:
        """The answer of a URL."""
        row = self._found[index][1]
        return Answer(**{item.name: row[item.name] for item in dataclasses.fields(Answer)})  # type: ignore[arg-type]

    def body(self, index: int) -> bytes:
        """The body of a URL whose status is ok."""
        part, row = self._found[index]
        begin, size = row["offset"], row["size"]
        assert isinstance(begin, int) and isinstance(size, int)
        if part not in self._bodies:
            self._bodies[part] = self._mapped(self._names[part].removesuffix("arrow") + "bodies")
        return self._bodies[part][begin : begin + size]

    def _mapped(self, name: str) -> mmap.mmap:
        path = self._output.path(name)
        with open(path, "rb") if is_local(path) else _copied(path) as file:
            return self._stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _copied(path: str) -> BinaryIO:
    """A copy of a remote file that no name leads to: it ends with its last reader."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with open_file(path) as remote:
        shutil.copyfileobj(remote, copy, 1 << 24)
    copy.flush()
    os.fsync(copy.fileno())
    return copy
