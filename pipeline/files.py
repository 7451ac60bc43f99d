"""Files on any filesystem that Beam knows, by path: read as raw bytes, written aside and renamed.

A file that has its name is complete. Temporaries live in `work/tmp` of the output alone, so that no folder a user
reads ever shows one; what a killed run left there is swept by the next.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from vocab.private import private_folder

TEMPORARY = "work/tmp"
LOCK = "work/lock"  # see `pipeline.storage.lock`
REQUESTS = 16  # to a remote filesystem at once: each takes some 50 ms, most of it waiting


def filesystems() -> Any:
    """Beam's filesystems; importing Beam takes a second, so that it happens at the first use."""
    from apache_beam.io.filesystems import FileSystems

    return FileSystems


def open_file(path: str) -> BinaryIO:
    """The raw bytes of `path`, seekable; nothing is decompressed. Raises OSError."""
    if is_local(path):
        return open(path, "rb")
    return cast(BinaryIO, filesystems().open(path, compression_type="uncompressed"))


def is_local(path: str) -> bool:
    """Whether `path` has no scheme such as gs://, so that it can be opened and memory-mapped here."""
    return "://" not in path


def read_bytes(path: str) -> bytes:
    """The whole content of `path`. Raises OSError."""
    with open_file(path) as file:
        return file.read()


def read_part(path: str, begin: int, end: int) -> bytes:
    """Bytes `begin` to `end` of `path`; of gs:// in one request, where others fetch megabytes around them."""
    if path.startswith("gs://"):
        from apache_beam.io.gcp.gcsio import GcsIO, parse_gcs_path

        bucket, name = parse_gcs_path(path)
        return bytes(GcsIO().client.bucket(bucket).blob(name).download_as_bytes(start=begin, end=end - 1))
    with open_file(path) as file:
        file.seek(begin)
        return file.read(end - begin)


def read_many(paths: Sequence[str]) -> list[bytes]:
    """The whole contents of many small files, in order. Raises OSError."""
    if all(map(is_local, paths)):
        return [read_bytes(path) for path in paths]
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(read_bytes, paths))


def local_copy(path: str) -> str:
    """A local path with the content of `path`: of a remote file a copy, made once a machine for all its processes.

    Its name holds size and time of the file, so that it is never an older one's. Raises OSError.
    """
    if is_local(path):
        return path
    from fasteners import InterProcessLock

    found = filesystems().get_filesystem(path).metadata(path)
    about = f"{path} {found.size_in_bytes} {found.last_updated_in_seconds}"
    copy = os.path.join(private_folder("copies"), hashlib.sha256(about.encode()).hexdigest()[:32])
    with InterProcessLock(f"{copy}.lock"):
        if not os.path.exists(copy):
            with open_file(path) as remote, write_file(copy) as file:
                shutil.copyfileobj(remote, file, 1 << 24)
    return copy


def exists(path: str) -> bool:
    """Whether `path` is there."""
    return os.path.exists(path) if is_local(path) else bool(filesystems().exists(path))


def join(folder: str, *names: str) -> str:
    """A path below `folder`, in the form its filesystem wants."""
    return os.path.join(folder, *names) if is_local(folder) else str(filesystems().join(folder, *names))


@dataclass(frozen=True)
class Output:
    """The directory of a run, local or remote."""

    root: str

    def path(self, name: str) -> str:
        """The full path of `name`, a path with slashes below the root."""
        return join(self.root, *name.split("/"))

    def has(self, name: str) -> bool:
        """Whether `name` is finished."""
        return exists(self.path(name))

    def names(self, folder: str, ending: str = "") -> list[str]:
        """The finished names (below the root) right in `folder`, sorted; none where it isn't there. One listing."""
        path = self.path(folder)
        if is_local(path):
            found = os.listdir(path) if os.path.isdir(path) else []
            return sorted(f"{folder}/{name}" for name in found if name.endswith(ending))
        entries = filesystems().match([join(path, "*" + ending)])[0].metadata_list
        return sorted(f"{folder}/{filesystems().split(entry.path)[1]}" for entry in entries)

    @contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        """A file to write `name` through: it gets its name when the block ends well, and is gone otherwise.

        Raises OSError that names the file, also when the disk is full.
        """
        with write_aside(
            self.path(f"{TEMPORARY}/{name.replace('/', '.')}.{uuid.uuid4().hex}"), self.path(name)
        ) as file:
            yield file

    def write_bytes(self, name: str, content: bytes) -> None:
        """Writes a small file whole."""
        with self.write(name) as file:
            file.write(content)

    def sweep(self) -> None:
        """Removes the temporaries of a run that was killed; one of a worker that still lives fails at its rename."""
        self.remove(self.path(TEMPORARY))

    def remove(self, path: str) -> None:
        """Deletes a file or folder (full path) if it is there."""
        remove(path)

    def clear_work(self, *kept: str) -> None:
        """Removes all that is in `work` but the names `kept`, and the lock of the command that is at it."""
        stays = {self.path(name) for name in (LOCK, *kept)}
        if is_local(self.root):
            for path in {self.path(name) for name in self.names("work")} - stays:
                remove(path)
            remove_empty(self.path("work"))
            return
        found = filesystems().match([self.path("work/**")])[0].metadata_list  # an object store knows no folders
        if gone := [entry.path for entry in found if entry.path not in stays]:
            filesystems().delete(gone)


@contextmanager
def write_aside(aside: str, target: str) -> Iterator[BinaryIO]:
    """A file at `aside` that is renamed to `target` when the block ends well, and is gone otherwise.

    Raises OSError that names `target`, also when the disk is full.
    """
    try:
        with _create(aside) as file:
            yield file
        _rename(aside, target)
    except BaseException as error:
        remove(aside)
        if isinstance(error, OSError):
            raise cannot_write(target, error) from error
        raise


def cannot_write(target: str, error: OSError) -> OSError:
    """Returns the error for a file or folder that can't be written, with the file or folder that is in the way."""
    reason = error.strerror or str(error)
    if is_local(target) and error.errno in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR):
        reason = _in_the_way(target) or reason
    return OSError(error.errno, f"{reason}: can't write {target}")


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
    """A file to write `path` through, aside until it is whole. For a single file of the user's; see `write_aside`."""
    return write_aside(hidden(path, f".{uuid.uuid4().hex}.tmp"), path)


def hidden(path: str, ending: str) -> str:
    """The path of a hidden file of ours beside `path`: of a lock, or of what is written aside."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}{ending}"


def remove(path: str) -> None:
    """Deletes a file or folder if it is there. A local path is no glob, which it is to Beam."""
    if is_local(path):
        _remove_local(path)
    elif exists(path):
        filesystems().delete([path])
    else:
        filesystems().delete([join(path, "")])  # an object store knows no folders, but what begins with their name


def remove_empty(folder: str) -> None:
    """Deletes a local folder if it is there and nothing is in it."""
    with suppress(OSError):  # there is something in it, perhaps since a moment ago
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
        filesystems().rename([source], [target])


def _create(path: str) -> BinaryIO:
    if is_local(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        return open(path, "wb")
    return cast(BinaryIO, filesystems().create(path, compression_type="uncompressed"))
