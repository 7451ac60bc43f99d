"""Temporary folders of one command: no other user can enter them, and they are removed with it.

A command holds a lock in each of its folders. The system drops the lock when the process ends, however it ends, so that
the next command can distinguish folders of ended and of running commands, even in another container.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable
from functools import cache

from vocab.private import is_private

PREFIX = "align-corpus-run-"
LOCK = "lock"
LONGEST_NAME = "control"  # name of a socket
_folders = list[str]()  # folders of this process


def make_folder(place: str) -> str:
    """Creates a folder in `place`, reserved for this process until `remove_folders`. Raises OSError."""
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX, dir=place)
        try:
            _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # another command just took it for an ended command's
            continue
        except OSError:  # a filesystem without locks, which nobody sweeps
            pass
        _folders.append(folder)
        return folder


def remove_folders() -> None:
    """Removes the folders of this process."""
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def sweep(places: Iterable[str]) -> None:
    """Removes the folders that commands of this user left in `places` and that no running process holds."""
    for place in filter(os.path.isdir, places):
        for entry in os.scandir(place):
            if entry.name.startswith(PREFIX) and is_private(entry.path):
                _remove_dead(entry.path)


def socket_folder() -> str:
    """Creates a folder for sockets, below the command's folder. Raises OSError if the machine has none for sockets."""
    return tempfile.mkdtemp(prefix="sockets-", dir=_socket_place(tempfile.gettempdir()))


def short_places() -> list[str]:
    """Folders on a local disk, with paths that leave room for the name of a socket."""
    return [place for place in (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm", "/tmp") if place]


@cache
def _socket_place(usual: str) -> str:
    """`usual`, unless its path is too long for sockets (107 bytes), or its filesystem has none."""
    if _takes_sockets(usual):
        return usual
    for place in short_places():
        if os.access(place, os.W_OK) and _takes_sockets(folder := make_folder(place)):
            return folder
    raise OSError(f"no socket can be made in {usual}, nor in {', '.join(short_places())}")


def _takes_sockets(place: str) -> bool:
    folder = tempfile.mkdtemp(prefix="sockets-", dir=place)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(os.path.join(folder, LONGEST_NAME))
        return True
    except OSError:
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_dead(folder: str) -> None:
    try:
        lock = _lock(folder)
    except OSError:  # its owner is running, or its filesystem has no locks
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _lock(folder: str) -> int:
    """Takes the lock of a folder: an open file that holds it. Raises BlockingIOError if another process has it."""
    file = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.exists(os.path.join(folder, LOCK)):
            raise FileNotFoundError(folder)
        return file
    except OSError:
        os.close(file)
        raise
