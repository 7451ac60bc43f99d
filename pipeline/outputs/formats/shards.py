"""An output shard in every format of a corpus, written together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pyarrow as pa

from pipeline.files import Output
from pipeline.formats import FORMATS
from pipeline.outputs.formats.parquet import ParquetShard
from pipeline.outputs.formats.records import RecordShard
from pipeline.outputs.formats.sink import DigestedFile, PairImage, Sink
from pipeline.outputs.formats.webdataset import TarShard

SINKS: Mapping[str, Callable[[DigestedFile, str, pa.Table], Sink]] = {
    "tfrecord": RecordShard,
    "webdataset": TarShard,
    "parquet": ParquetShard,
}


class Shards:
    """One shard in some formats, whose pairs come in order."""

    def __init__(self, files: Mapping[str, DigestedFile], name: str, pairs: pa.Table) -> None:
        self.count = 0
        self._files = files
        self._sinks = [SINKS[one](file, name, pairs) for one, file in files.items()]

    def add(self, image: PairImage) -> None:
        """Writes one pair in all formats."""
        self.count += 1
        for sink in self._sinks:
            sink.add(image)

    def close(self) -> None:
        """Ends all files."""
        for sink in self._sinks:
            sink.close()

    def note(self) -> dict[str, Any]:
        """Numbers of closed files for a completion marker: pairs, bytes by format, and digests; null for no file."""
        digests = {one.digest: self._files[name].sha256 if name in self._files else None for name, one in _FORMATS}
        return {"records": self.count, "bytes": {name: file.bytes for name, file in self._files.items()}, **digests}


_FORMATS = FORMATS.items()


@contextmanager
def open_shards(output: Output, name: str, formats: Sequence[str], pairs: pa.Table) -> Iterator[Shards]:
    """Opens the shard `name`, whose images come with rows of `pairs`; its files are complete after the block."""
    with ExitStack() as stack:
        files = {one: DigestedFile(stack.enter_context(output.write(FORMATS[one].file(name)))) for one in formats}
        shards = Shards(files, name, pairs)
        yield shards
        shards.close()
