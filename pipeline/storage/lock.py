"""A lock so that only one command at a time writes an output; it ends with its process, however that ends.

On local filesystems, NFS included, it is `flock` on a file; on gs:// an object, see `pipeline.storage.cloud_lock`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import sys
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from pipeline.files import LOCK, cannot_write, hidden, is_local, join, remove, remove_empty
from pipeline.filesystems import filesystem

TRIES = 100  # an ending command may remove the folder in which the next one creates its file
_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}
_IN_THE_WAY = {errno.EEXIST, errno.EISDIR, errno.ENOTDIR}
_ASIDE = r"\.[0-9a-f]{32}\.tmp"  # suffix of `pipeline.files.write_file`'s temporary files


class Held(Exception):
    """Another command writes the output."""

    def __init__(self, output: str, holder: str, more: str = "") -> None:
        super().__init__(output, holder, more)  # the arguments by which a pickled one is made again

    def __str__(self) -> str:
        output, holder, more = self.args
        return f"{output} is being written by {holder or 'another command'}{more}"


def this_process() -> str:
    """This process' name in a lock."""
    return f"process {os.getpid()} on {socket.gethostname()}"


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Holds the lock of an output folder while the block runs. Raises Held if another command has it.

    If locking is impossible, a line on stderr reports it, and the block runs without one.
    """
    with _held(folder, join(folder, *LOCK.split("/"))):
        yield


@contextmanager
def locked_files(*paths: str | None) -> Iterator[None]:
    """Locks single files, each beside it; removes killed commands' temporary files.

    Raises OSError for one that can't be written: nothing can be read from it either, as it may be from a folder.
    """
    with ExitStack() as locks:
        for path in dict.fromkeys(path for path in paths if path):
            if is_local(path) and os.path.isdir(path):
                raise cannot_write(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
            if locks.enter_context(_held(path, hidden(path, ".lock"), _IN_THE_WAY | _UNWRITABLE)):
                _sweep(path)
        yield


@contextmanager
def _held(output: str, path: str, refused: Collection[int] = _IN_THE_WAY) -> Iterator[bool]:
    """Yields whether there is a lock, whose file or object is `path`. Raises OSError if its number is in `refused`."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_lock(output, path))
        except OSError as error:
            if error.errno in refused:
                raise cannot_write(output, error) from error
            reason = error.strerror or str(error)
            if error.errno not in _UNWRITABLE:  # otherwise nothing can be written, and the first write reports it
                print(f"{output} can't be locked ({reason}): see that no other command writes it", file=sys.stderr)
            yield False
            return
        yield True


def _lock(output: str, path: str) -> AbstractContextManager[None]:
    if is_local(path):
        return _local_lock(output, path)
    if path.startswith("gs://"):
        from pipeline.storage.cloud_lock import cloud_lock

        return cloud_lock(output, path)
    raise OSError(errno.ENOTSUP, "its filesystem has no locks")


@contextmanager
def _local_lock(output: str, path: str) -> Iterator[None]:
    made = _missing(os.path.dirname(path))
    try:
        file = _take(output, path)
        try:
            yield
        finally:
            remove(path)  # while held, so that nobody gets the lock of a removed file
            os.close(file)
    finally:
        for folder in made:
            remove_empty(folder)


def _missing(folder: str) -> list[str]:
    """Missing folders that the lock's file needs, the innermost first; includes `work` even if it exists."""
    found = [folder] if folder.endswith(os.path.dirname(LOCK)) else []
    while folder and not os.path.exists(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return list(dict.fromkeys(found))


def _take(output: str, path: str) -> int:
    """The descriptor of the locked file `path`. Raises Held, OSError."""
    for _ in range(TRIES):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with suppress(FileNotFoundError):
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            if _try(output, file, path):
                return file
    raise OSError(errno.EAGAIN, "its lock comes and goes")


def _try(output: str, file: int, path: str) -> bool:
    """Locks an open file, and writes its holder into it; closes it unless it is still the one at `path`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file), os.stat(path)):
            os.ftruncate(file, 0)
            os.write(file, this_process().encode())
            return True
    except BlockingIOError as error:
        holder = os.pread(file, 1000, 0).decode(errors="replace")
        os.close(file)
        raise Held(output, holder) from error
    except OSError:
        os.close(file)
        remove(path)  # without locks, its file means nothing
        raise
    os.close(file)
    return False


def _sweep(path: str) -> None:
    """Removes killed commands' temporary files for `path`, including those of versions that did not hide them."""
    folder, _, name = path.rpartition("/")
    pattern = re.compile(rf"\.?{re.escape(name)}{_ASIDE}")
    for found in _beside(path):
        if pattern.fullmatch(found):
            remove(join(folder, found) if folder else found)


def _beside(path: str) -> list[str]:
    folder = path.rpartition("/")[0]
    if is_local(path):
        return os.listdir(folder or ".")
    entries = filesystem(path).match([join(folder, "*")])[0].metadata_list
    return [filesystem(path).split(entry.path)[1] for entry in entries]
