"""Small files of many tasks, gathered into few by workers: a command that reads them all makes few requests.

A gathered file holds those of a block: of tasks whose numbers differ in their last digits alone. All are gathered again
after each run of a pass. A small file that is in none is read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, TypeVar

import pyarrow as pa

from pipeline.files import Output, read_bytes, read_many
from pipeline.inputs.errors import InputError
from pipeline.storage.markers import Listing, parsed

FOLDER = "work/gathered"
BLOCK_DIGITS = 3  # the last digits, in which the numbers of a block differ
AT_ONCE = 64  # small files read at once where they aren't gathered
_NUMBER = re.compile(r"(\d+)-(?:of-)?\d+\.\w+$")  # of the task: 42 in 000042-000000020000.json, a-00042-of-05000.json
_SCHEMA = pa.schema({"name": pa.string(), "content": pa.large_binary()})

Item = TypeVar("Item")


@dataclass(frozen=True)
class SmallFiles:
    """Files in a folder with one ending, named by `beginning` and the number of a task, of at least `digits` digits."""

    folder: str
    ending: str
    beginning: str = ""
    digits: int = 6

    @property
    def gathered(self) -> str:
        """The folder of what is gathered from them."""
        return _gathered(self.folder)

    def listed(self, output: Output) -> list[str]:
        """Names of all of them, in the order of their tasks."""
        return sorted(output.names(self.folder, self.ending, self.beginning), key=_number)

    def of_block(self, output: Output, block: int) -> list[str]:
        """Names of those of a block."""
        beginning = f"{self.beginning}{block:0{self.digits - BLOCK_DIGITS}d}"
        found = output.names(self.folder, self.ending, beginning)
        return [name for name in found if _block(name) == block]


def blocks(tasks: int) -> range:
    """Numbers of the blocks of so many tasks; none if they are one block."""
    many = tasks > 10**BLOCK_DIGITS
    return range(-(-tasks // 10**BLOCK_DIGITS) if many else 0)


def gather(block: int, files: SmallFiles, output: Output) -> str:
    """Writes the files of a block as one; returns its name."""
    names = files.of_block(output, block)
    contents = read_many([output.path(name) for name in names])
    table = pa.table({"name": names, "content": contents}, schema=_SCHEMA)
    gathered = f"{files.gathered}/{block:06d}.arrow"
    with output.write(gathered) as file, pa.ipc.new_file(file, _SCHEMA) as writer:
        writer.write_table(table)
    return gathered


def read_small_files(output: Output, names: Sequence[str]) -> Iterator[bytes]:
    """Reads small files, in order; at most a block of them is in memory. Raises OSError, InputError."""
    there = Listing(output)
    for gathered, some in groupby(names, _gathered_in):
        found = _read(output.path(gathered)) if gathered in there else {}
        for few in batches(some, AT_ONCE):
            alone = [name for name in few if name not in found]
            others = dict(zip(alone, read_many([output.path(name) for name in alone]), strict=True))
            yield from ((found if name in found else others)[name] for name in few)


def read_markers(output: Output, names: Sequence[str]) -> Iterator[Any]:
    """Reads completion markers, which are JSON, in order. Raises OSError, InputError."""
    for name, content in zip(names, read_small_files(output, names), strict=True):
        yield parsed(output.path(name), content, InputError, "--overwrite makes the run again")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yields lists of up to `size` items."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def _read(path: str) -> Mapping[str, bytes]:
    try:
        table = pa.ipc.open_file(pa.BufferReader(read_bytes(path))).read_all()
        return dict(zip(table["name"].to_pylist(), table["content"].to_pylist(), strict=True))
    except (pa.ArrowException, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is damaged; remove it: what it holds is read from other files") from error


def _gathered_in(name: str) -> str:
    return f"{_gathered(name.rpartition('/')[0])}/{_block(name):06d}.arrow"


def _gathered(folder: str) -> str:
    return f"{FOLDER}/{folder.rpartition('/')[2]}"


def _block(name: str) -> int:
    return int(_number(name) // 10**BLOCK_DIGITS)


def _number(name: str) -> int:
    """The number of a file's task; 0 for a name of another form, which is gathered nowhere."""
    found = _NUMBER.search(name)
    return int(found[1]) if found else 0
