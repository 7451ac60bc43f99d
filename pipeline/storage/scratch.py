"""Temporary folders of one command: no other user can enter them, and they end with it.

A command holds a lock in each of its folders. The system drops the lock when the process ends, however it ends, so
that the next command can tell the folders of the dead from those of the living, also of another container.
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
LONGEST_NAME = "control"  # of a socket
_folders = list[str]()  # of this process


def make_folder(place: str) -> str:
    """A new folder in `place`, this process' own until `remove_folders`. Raises OSError."""
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX, dir=place)
        try:
            _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # another command took it for one of the dead, just now
            continue
        except OSError:  # a filesystem without locks, where nobody sweeps
            pass
        _folders.append(folder)
        return folder


def remove_folders() -> None:
    """Removes the folders of this process."""
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def sweep(places: Iterable[str]) -> None:
    """Removes the folders that commands of this user have left in `places` and that no process holds any more."""
    for place in filter(os.path.isdir, places):
        for entry in os.scandir(place):
            if entry.name.startswith(PREFIX) and is_private(entry.path):
                _remove_dead(entry.path)


def socket_folder() -> str:
    """A new folder for sockets, below the command's own. Raises OSError where the machine has no place for sockets."""
    return tempfile.mkdtemp(prefix="sockets-", dir=_socket_place(tempfile.gettempdir()))


def short_places() -> list[str]:
    """Folders that are on a disk of this machine, by paths that leave room for the name of a socket."""
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
    except OSError:  # its owner lives, or its filesystem has no locks
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _lock(folder: str) -> int:
    """Takes the lock of a folder: an open file that holds it. Raises BlockingIOError where another process has it."""
    file = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.exists(os.path.join(folder, LOCK)):
            raise FileNotFoundError(folder)
        return file
    except OSError:
        os.close(file)
        raise
