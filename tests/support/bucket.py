"""An object store in memory, as one more of Beam's filesystems: `bucket://name/path`. It has no directories."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem

OBJECTS: dict[str, bytes] = {}


class Bucket(FileSystem):
    """Read only, but for `OBJECTS`. Beam finds it by its scheme once this module is imported."""

    @classmethod
    def scheme(cls) -> str:
        return "bucket"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *(path.strip("/") for path in paths)])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        return (self.metadata(path) for path in sorted(OBJECTS) if path.startswith(dir_or_prefix))

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, self.size(path), 7.0)

    def exists(self, path: str) -> bool:
        return path in OBJECTS

    def size(self, path: str) -> int:
        return len(self._content(path))

    def last_updated(self, path: str) -> float:
        return 7.0

    def open(self, path: str, mime_type: str = "", compression_type: str = "") -> BinaryIO:
        return io.BytesIO(self._content(path))

    def checksum(self, path: str) -> str:
        return str(self.size(path))

    def _content(self, path: str) -> bytes:
        if path not in OBJECTS:
            raise BeamIOError("no such object", {path: KeyError(path)})
        return OBJECTS[path]

    def mkdirs(self, path: str) -> None:
        raise NotImplementedError

    def create(self, path: str, mime_type: str = "", compression_type: str = "") -> Any:
        raise NotImplementedError

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        raise NotImplementedError

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        raise NotImplementedError

    def delete(self, paths: list[str]) -> None:
        raise NotImplementedError
