"""Files on any filesystem that Beam knows, by path: read as raw bytes, written to a temporary file and renamed.

A file under its final name is complete. The temporary files of a run live in `work/tmp` of the output, so that no
folder a user reads ever shows one; the next run deletes those that a killed run left.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

from pipeline.filesystems import GOOGLE, filesystem
from pipeline.remote import Unanswered, request_pool, turn
from vocab.private import private_folder

TEMPORARY = "work/tmp"
LOCK = "work/lock"  # see `pipeline.storage.lock`


def open_file(path: str) -> BinaryIO:
    """Opens `path` for reading, seekable; nothing is decompressed. Raises OSError."""
    if is_local(path):
        return open(path, "rb")
    return cast(BinaryIO, filesystem(path).open(path, compression_type="uncompressed"))


def is_local(path: str) -> bool:
    """Returns whether `path` has no scheme such as gs://, and can be opened and memory-mapped here."""
    return "://" not in path


def read_bytes(path: str) -> bytes:
    """Reads the whole of `path`. Raises OSError."""
    with nullcontext() if is_local(path) else turn(), open_file(path) as file:
        return file.read()


def read_part(path: str, begin: int, end: int) -> bytes:
    """Reads bytes `begin` to `end` of `path`; one request on gs://, where Beam's file would fetch megabytes around."""
    if path.startswith(GOOGLE):
        from pipeline.cloud import cloud_object

        return bytes(cloud_object(path).download_as_bytes(start=begin, end=end - 1))
    with open_file(path) as file:
        file.seek(begin)
        return file.read(end - begin)


def read_many(paths: Sequence[str]) -> list[bytes]:
    """Reads many small files whole, in order. Raises OSError."""
    if all(map(is_local, paths)):
        return [read_bytes(path) for path in paths]
    with request_pool() as pool:
        return list(pool.map(read_bytes, paths))


def local_copy(path: str) -> str:
    """Returns a local path; a remote file is downloaded once per machine and shared by all processes.

    The copy's name depends on size and time of the file, so that a stale copy is never used. Raises OSError.
    """
    if is_local(path):
        return path
    from fasteners import InterProcessLock

    found = filesystem(path).metadata(path)
    about = f"{path} {found.size_in_bytes} {found.last_updated_in_seconds}"
    copy = os.path.join(private_folder("copies"), hashlib.sha256(about.encode()).hexdigest()[:32])
    with InterProcessLock(f"{copy}.lock"):
        if not os.path.exists(copy):
            with open_file(path) as remote, write_file(copy) as file:
                shutil.copyfileobj(remote, file, 1 << 24)
    return copy


def exists(path: str) -> bool:
    """Returns whether `path` exists."""
    return os.path.exists(path) if is_local(path) else bool(filesystem(path).exists(path))


def join(folder: str, *names: str) -> str:
    """Joins names below `folder`, in the form of its filesystem."""
    return os.path.join(folder, *names) if is_local(folder) else str(filesystem(folder).join(folder, *names))


@dataclass(frozen=True)
class Output:
    """The directory of a run, local or remote."""

    root: str

    def path(self, name: str) -> str:
        """Returns the full path of `name`, a path with slashes below the root."""
        return join(self.root, *name.split("/"))

    def has(self, name: str) -> bool:
        """Returns whether `name` is complete."""
        return exists(self.path(name))

    def names(self, folder: str, ending: str = "", beginning: str = "") -> list[str]:
        """Lists the complete files directly in `folder`, as sorted names below the root; [] if `folder` is missing."""
        path = self.path(folder)
        if is_local(path):
            found = os.listdir(path) if os.path.isdir(path) else []
        else:
            literal = beginning.partition("[")[0]  # Beam's patterns can't quote it; * and ? match themselves, and more
            entries = filesystem(path).match([join(path, f"{literal}*{ending}")])[0].metadata_list
            found = [filesystem(path).split(entry.path)[1] for entry in entries]
        return sorted(f"{folder}/{name}" for name in found if name.startswith(beginning) and name.endswith(ending))

    @contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        """Opens a temporary file that is renamed to `name` if the block succeeds, and deleted otherwise.

        Raises OSError that names the file, also when the disk is full.
        """
        with write_renamed(
            self.path(f"{TEMPORARY}/{name.replace('/', '.')}.{uuid.uuid4().hex}"), self.path(name)
        ) as file:
            yield file

    def write_bytes(self, name: str, content: bytes) -> None:
        """Writes a small file in one call."""
        with self.write(name) as file:
            file.write(content)

    def sweep(self) -> None:
        """Deletes the temporary files of a killed run; a worker of it that still lives fails at its rename."""
        self.remove(self.path(TEMPORARY))

    def remove(self, path: str) -> None:
        """Deletes a file or folder (full path) if it exists."""
        remove(path)

    def clear_work(self, *kept: str) -> None:
        """Deletes everything in `work` but the names `kept` and the lock of the running command."""
        stays = {self.path(name) for name in (LOCK, *kept)}
        if is_local(self.root):
            for path in {self.path(name) for name in self.names("work")} - stays:
                remove(path)
            remove_empty(self.path("work"))
            return
        work = self.path("work/**")  # object stores have no directories
        found = filesystem(work).match([work])[0].metadata_list
        if gone := [entry.path for entry in found if entry.path not in stays]:
            filesystem(work).delete(gone)


CANNOT_WRITE = ": can't write "


@contextmanager
def write_renamed(temporary: str, target: str) -> Iterator[BinaryIO]:
    """Opens the file `temporary`, renamed to `target` if the block succeeds, and deleted otherwise.

    Raises OSError that names `target`, also when the disk is full.
    """
    try:
        with _create(temporary) as file:
            yield file
        _rename(temporary, target)
    except Unanswered as error:  # the next run sweeps the temporary file: nothing answers now
        raise Unanswered(f"{error}{CANNOT_WRITE}{target}") from error
    except BaseException as error:
        remove(temporary)
        if isinstance(error, OSError) and CANNOT_WRITE not in str(error):  # else it names another file
            raise cannot_write(target, error) from error
        raise


def cannot_write(target: str, error: OSError) -> OSError:
    """Returns the error for a file or folder that can't be written, with the file or folder that is in the way."""
    reason = error.strerror or str(error)
    if is_local(target) and error.errno in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR):
        reason = _in_the_way(target) or reason
    return OSError(error.errno, f"{reason}{CANNOT_WRITE}{target}")


def _in_the_way(target: str) -> str:
    if os.path.isdir(target):
        return "is a folder, not a file"
    if os.path.isfile(target):
        return "is a file, not a folder"
    folder = os.path.dirname(target)
    while folder and not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return f"{folder} is a file, not a folder" if os.path.isfile(folder) else ""


def write_file(path: str) -> AbstractContextManager[BinaryIO]:
    """Opens a temporary file beside `path`, renamed if the block succeeds: for a single file of the user's."""
    return write_renamed(hidden(path, f".{uuid.uuid4().hex}.tmp"), path)


def hidden(path: str, ending: str) -> str:
    """Returns the path of a hidden file beside `path`: a lock or a temporary file."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}{ending}"


def remove(path: str) -> None:
    """Deletes a file or folder if it exists. Beam would take a local path as a glob."""
    if is_local(path):
        _remove_local(path)
    elif exists(path):
        filesystem(path).delete([path])
    else:
        filesystem(path).delete([join(path, "")])  # object stores have no directories, only key prefixes


def remove_empty(folder: str) -> None:
    """Deletes a local folder if it exists and is empty."""
    with suppress(OSError):  # not empty, or already deleted
        os.rmdir(folder)


def _remove_local(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def _rename(source: str, target: str) -> None:
    if is_local(target):
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        os.replace(source, target)
    else:
        filesystem(target).rename([source], [target])


def _create(path: str) -> BinaryIO:
    if is_local(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        return open(path, "wb")
    return cast(BinaryIO, filesystem(path).create(path, compression_type="uncompressed"))
