"""A remote filesystem in memory, `counted://name`, that counts requests: for measurements and for tests."""

from __future__ import annotations

import fnmatch
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem

FILES: dict[str, bytes] = {}
REQUESTS: Counter[str] = Counter()  # by operation: each read of a range is one `open`
ROOT = "counted://"
MODIFIED = 7.0  # seconds, of every file


class _New(io.BytesIO):
    """A file that is there once it is closed."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def close(self) -> None:
        if not self.closed:
            FILES[self.path] = self.getvalue()
        super().close()


class CountedFiles(FileSystem):
    """Beam finds it by its scheme once this module is imported. It has no directories, like an object store."""

    @classmethod
    def scheme(cls) -> str:
        return ROOT.partition(":")[0]

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *(path.strip("/") for path in paths)])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def has_dirs(self) -> bool:
        return False

    def mkdirs(self, path: str) -> None:
        """Does nothing: there are no directories."""

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        REQUESTS["list"] += 1
        return (
            FileMetadata(path, len(FILES[path]), MODIFIED) for path in sorted(FILES) if path.startswith(dir_or_prefix)
        )

    def metadata(self, path: str) -> FileMetadata:
        REQUESTS["metadata"] += 1
        return FileMetadata(path, len(self._content(path)), MODIFIED)

    def exists(self, path: str) -> bool:
        REQUESTS["exists"] += 1
        return path in FILES

    def size(self, path: str) -> int:
        return int(self.metadata(path).size_in_bytes)

    def last_updated(self, path: str) -> float:
        return float(self.metadata(path).last_updated_in_seconds)

    def checksum(self, path: str) -> str:
        return str(self.size(path))

    def open(self, path: str, mime_type: str = "", compression_type: str = "") -> BinaryIO:
        REQUESTS["open"] += 1
        return io.BytesIO(self._content(path))

    def create(self, path: str, mime_type: str = "", compression_type: str = "") -> Any:
        REQUESTS["create"] += 1
        return _New(path)

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, target in zip(source_file_names, destination_file_names, strict=True):
            REQUESTS["copy"] += 1
            FILES[target] = self._content(source)

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, target in zip(source_file_names, destination_file_names, strict=True):
            REQUESTS["rename"] += 1
            FILES[target] = FILES.pop(source)

    def delete(self, paths: list[str]) -> None:
        for path in [found for found in FILES if any(_is_below(found, path) for path in paths)]:
            REQUESTS["delete"] += 1
            del FILES[path]

    def _content(self, path: str) -> bytes:
        if path not in FILES:
            raise BeamIOError("no such object", {path: KeyError(path)})
        return FILES[path]


def _is_below(path: str, pattern: str) -> bool:
    return path == pattern or fnmatch.fnmatch(path, pattern) or (pattern.endswith("/") and path.startswith(pattern))
