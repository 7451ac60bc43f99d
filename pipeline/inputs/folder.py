"""The images that a table lists by path: read from the table's folder and nowhere else."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from pipeline.files import exists, is_local, join, read_bytes
from pipeline.remote import in_force, request_pool

_MISSING = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.EACCES,
        errno.EPERM,
        errno.ENAMETOOLONG,
        errno.ENXIO,
    }
)


class Folder:
    """A local or remote folder, with counts of the paths requested and found.

    A missing path is also looked up below each of `subfolders`.
    """

    def __init__(self, root: str, subfolders: Sequence[str] = ()) -> None:
        self.root = root
        self.seen = 0
        self.found = 0
        self._subfolders = subfolders
        self._is_below = lru_cache(maxsize=4096)(self._is_really_below)

    @property
    def places(self) -> str:
        """Lists all folders in which paths start, for a message."""
        return ", ".join([self.root or ".", *(join(self.root, name) for name in self._subfolders)])

    def read(self, paths: Sequence[str | None]) -> Iterator[bytes | None]:
        """Yields the content of the file at each path below the folder, in order; absolute paths may also lead there.

        None if there is no such readable file, or if it lies outside: another absolute path, one with `..`, a link that
        leads out. Raises OSError for failures of the machine.
        """
        return map(self._read, paths) if is_local(self.root) else self._read_remote_many(paths)

    def read_counted(self, paths: Sequence[str | None]) -> Iterator[bytes | None]:
        """Like `read`, and counts."""
        for path, content in zip(paths, self.read(paths), strict=True):
            self.seen += path is not None
            self.found += content is not None
            yield content

    def _read(self, path: str | None) -> bytes | None:
        inner = None if path is None else self._relative(path)
        if inner is None or not _stays_below(inner):
            return None
        read = self._read_local if is_local(self.root) else self._read_remote
        contents = (read(place) for place in (inner, *(f"{name}/{inner}" for name in self._subfolders)))
        return next((content for content in contents if content is not None), None)

    def _relative(self, path: str) -> str:
        """The path below the folder, if it is written with the folder in front."""
        start = next((top for top in self._tops if path.startswith(top)), "")
        return path.removeprefix(start)

    @cached_property
    def _tops(self) -> tuple[str, ...]:
        """The folder as prefixes of absolute paths that lead into it."""
        root = self.root
        tops = (os.path.abspath(root), os.path.realpath(root)) if is_local(root) else (root,)
        return tuple(top.rstrip("/") + "/" for top in tops)

    def _read_local(self, path: str) -> bytes | None:
        try:
            return self._read_inside(os.path.join(self.root or ".", path))
        except OSError as error:
            if error.errno in _MISSING:
                return None
            raise

    def _read_inside(self, place: str) -> bytes | None:
        """The content of a regular file whose real path is below the folder."""
        try:
            return self._read_no_link(place)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            return self._read_no_link(os.path.realpath(place))

    def _read_no_link(self, place: str) -> bytes | None:
        """Reads a path that may lead through links but isn't one. Raises OSError with ELOOP if it is."""
        return _read_regular(place) if self._is_below(os.path.dirname(place)) else None

    def _is_really_below(self, folder: str) -> bool:
        root = os.path.realpath(self.root or ".")
        return os.path.commonpath([os.path.realpath(folder), root]) == root

    def _read_remote_many(self, paths: Sequence[str | None]) -> Iterator[bytes | None]:
        at_once = in_force().requests
        with request_pool() as threads:
            for first in range(0, len(paths), at_once):
                yield from threads.map(self._read, paths[first : first + at_once])

    def _read_remote(self, path: str) -> bytes | None:
        place = join(self.root, *path.split("/"))
        return read_bytes(place) if exists(place) else None


def _stays_below(path: str) -> bool:
    """Returns whether a path is relative and, by its form alone, stays below its start."""
    outside = path.startswith("/") or "://" in path or "\0" in path or ".." in path.split("/")
    return path != "" and not outside


def _read_regular(path: str) -> bytes | None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe must not block
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with io.FileIO(descriptor, closefd=False) as file:
            return file.readall()
    finally:
        os.close(descriptor)
