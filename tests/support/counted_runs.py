"""Runs whose output is a store in memory that counts requests: those of the command alone, outside of the passes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

import apache_beam as beam

from bench.counted_files import FILES, REQUESTS, ROOT, CountedFiles
from pipeline.engines.local import Local
from pipeline.storage import gathered
from tests.support.two_runs import QUIET, call

OUT = f"{ROOT}out"
ROWS = ("--input.rows_per_shard=2", "--filters.word_count.min_words=2")
SECONDS = re.compile(rb'"seconds": {.*?}', re.S)


@dataclass
class Alone:
    """Requests of the command between two passes, while no worker works, and the files that it reads, by folder."""

    requests: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)


def write_rows(folder: Path, shards: int, files: int = 1) -> Path:
    """Tables of URLs for so many shards of `ROWS` in each of some files; a text is shared by three images at most."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in range(files):
        lines = (f"http://h{row % 7}/{file}-{row},{_text(row, file)}\n" for row in range(2 * shards))
        (folder / f"{file:02}.csv").write_text("url,text\n" + "".join(lines))
    return folder


def _text(row: int, file: int) -> str:
    return "word" if row % 5 == 4 else f"words {file} and {row // 3}"


def run(inputs: Path, *options: str, ending: str = "csv") -> list[Alone]:
    """A run that must end well: its requests before the first pass, between passes, and after the last."""
    with alone() as found:
        assert call(f"--input={inputs}/*.{ending}", f"--output={OUT}", *QUIET, *ROWS, *options) == 0
    return found


@contextmanager
def alone(output: str = OUT) -> Iterator[list[Alone]]:
    """Lists the requests outside of passes while the block runs, from one pass to the next."""
    execute, open_ = Local.execute, CountedFiles.open
    found, counts = [Alone()], [True]

    def executed(engine: Local, pipeline: beam.Pipeline) -> None:
        found[-1].requests.update(REQUESTS)
        counts[0] = False
        execute(engine, pipeline)
        counts[0] = True
        REQUESTS.clear()
        found.append(Alone())

    def opened(store: CountedFiles, path: str, *how: Any, **more: Any) -> BinaryIO:
        found[-1].read[path.removeprefix(f"{output}/").rpartition("/")[0]] += counts[0]
        return open_(store, path, *how, **more)

    REQUESTS.clear()
    with mock.patch.object(Local, "execute", executed), mock.patch.object(CountedFiles, "open", opened):
        yield found
    found[-1].requests.update(REQUESTS)


@contextmanager
def blocks_of_ten() -> Iterator[None]:
    """Files of ten tasks are gathered in one, as of a thousand elsewhere."""
    with mock.patch.object(gathered, "BLOCK_DIGITS", 1):
        yield


def result() -> dict[str, bytes]:
    """The files of a finished run outside of `work`, without the seconds in its funnel, and without its page."""
    found = {path.removeprefix(f"{OUT}/"): content for path, content in FILES.items()}
    left = {name: content for name, content in found.items() if not name.startswith("work/") and name != "report.html"}
    return left | {"funnel.json": SECONDS.sub(b"", left["funnel.json"])}
