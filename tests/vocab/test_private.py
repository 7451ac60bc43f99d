"""The folder that is kept from one command to the next is this user's alone, whatever others have put there before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vocab import private

NAME = f"align-corpus-{os.geteuid()}"


pytestmark = pytest.mark.usefixtures("machine")


def in_new_process(name: str) -> str:
    private._root.cache_clear()
    return private.private_folder(name)


def test_it_is_the_same_for_all_processes_and_open_to_no_one_else(machine: Path) -> None:
    old = os.umask(0)
    folder = private.private_folder("copies")
    os.umask(old)
    assert folder == in_new_process("copies") == str(machine / NAME / "copies")
    assert stat.S_IMODE(os.stat(machine / NAME).st_mode) == 0o700


@pytest.mark.parametrize("kind", ["a link", "a file", "open to a group", "open to all", "of another user"])
def test_one_that_others_can_reach_is_not_used(
    kind: str, machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = machine / NAME
    match kind:
        case "a link":
            (tmp_path / "theirs").mkdir(mode=0o700)
            theirs.symlink_to(tmp_path / "theirs")
        case "a file":
            theirs.touch(mode=0o700)
        case _:
            theirs.mkdir()
            theirs.chmod({"open to a group": 0o710, "open to all": 0o777}.get(kind, 0o700))
    if kind == "of another user":
        stranger = private.os.lstat(theirs).st_ino
        see = os.lstat

        def lstat(path: str) -> os.stat_result:
            found = see(path)
            return os.stat_result((*found[:4], found.st_uid + 1, *found[5:])) if found.st_ino == stranger else found

        monkeypatch.setattr(os, "lstat", lstat)
    first = private.private_folder("kernels")
    assert first == in_new_process("kernels")  # the next process finds the same one
    root = Path(first).parent
    assert root.parent == machine and root != theirs and root.name.startswith(f"{NAME}-")
    assert stat.S_IMODE(os.stat(root).st_mode) == 0o700
    assert not theirs.is_dir() or not list(theirs.iterdir())


def test_no_temporary_folder_is_an_error_of_its_own(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(machine / "not there"))
    with pytest.raises(FileNotFoundError):
        in_new_process("copies")
