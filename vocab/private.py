"""A folder private to this user on this machine, for files kept between commands."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from functools import cache


def private_folder(name: str) -> str:
    """The folder `name` below one that no other user can read, write or replace; created if missing.

    Raises OSError if the machine's temporary folder can't be written.
    """
    folder = os.path.join(_root(os.environ.get("TMPDIR") or tempfile.gettempdir()), name)
    os.makedirs(folder, 0o700, exist_ok=True)
    return folder


@cache
def _root(machine: str) -> str:
    """`align-corpus-UID`. If another user took that name, one with more letters, the same for all processes."""
    name = f"align-corpus-{os.geteuid()}"
    with suppress(FileExistsError):
        os.mkdir(os.path.join(machine, name), 0o700)
    there = [entry.path for entry in os.scandir(machine) if entry.name == name or entry.name.startswith(f"{name}-")]
    for folder in sorted(there):
        if is_private(folder):
            return folder
    return tempfile.mkdtemp(prefix=f"{name}-", dir=machine)


def is_private(folder: str) -> bool:
    """Returns whether `folder` is a directory, not a link, of this user, and nobody else can enter it."""
    try:
        found = os.lstat(folder)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
