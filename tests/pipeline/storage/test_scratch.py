"""Temporary folders of commands: locked while the command lives, swept when it is dead, never anybody else's."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.storage import scratch
from tests.support.command import ROOT
from vocab.private import is_private

WAITS = (
    "import sys; from pipeline.storage.scratch import make_folder; print(make_folder(sys.argv[1]), flush=True); input()"
)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    scratch.remove_folders()
    scratch._socket_place.cache_clear()


def another(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A command that lives, and the folder that it has made in `place`."""
    words = [sys.executable, "-c", WAITS, str(place)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.slow
def test_the_folder_of_a_living_command_stays_and_that_of_a_dead_one_goes(tmp_path: Path) -> None:
    process, folder = another(tmp_path)
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_text("content")
    scratch.sweep([str(tmp_path)])
    assert (folder / "deep" / "file").exists()
    process.kill()
    process.communicate()
    scratch.sweep([str(tmp_path), str(tmp_path / "not there")])
    assert os.listdir(tmp_path) == []


def test_own_folders_are_private_and_stay_until_they_are_removed(tmp_path: Path) -> None:
    folders = [scratch.make_folder(str(tmp_path)) for _ in range(2)]
    scratch.sweep([str(tmp_path)])
    assert sorted(os.listdir(tmp_path)) == sorted(map(os.path.basename, folders))
    assert {stat.S_IMODE(os.stat(folder).st_mode) for folder in folders} == {0o700}
    scratch.remove_folders()
    assert os.listdir(tmp_path) == []


def test_one_that_was_killed_before_it_had_a_lock_is_swept(tmp_path: Path) -> None:
    (tmp_path / f"{scratch.PREFIX}new").mkdir(mode=0o700)
    scratch.sweep([str(tmp_path)])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", ["of another user", "open to a group", "a link", "a file", "another name"])
def test_nothing_else_is_swept(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, aside = tmp_path / "place", tmp_path / "aside"
    aside.mkdir(mode=0o700)
    place.mkdir()
    folder = place / f"{scratch.PREFIX}x"
    match kind:
        case "a link":
            folder.symlink_to(aside)
        case "a file":
            folder.touch(mode=0o700)
        case "another name":
            (place / "align-corpus-0").mkdir(mode=0o700)
        case _:
            folder.mkdir(mode=0o750 if kind == "open to a group" else 0o700)
    if kind == "of another user":
        owner = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    before = sorted(tmp_path.rglob("*"))
    scratch.sweep([str(place)])
    assert sorted(tmp_path.rglob("*")) == before


def test_one_that_is_swept_while_it_is_made_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, taken = scratch.tempfile.mkdtemp, list[str]()

    def swept(**options: str) -> str:
        folder = made(**options)
        if len(taken) < 2:
            taken.append(folder)
            scratch.sweep([str(tmp_path)]) if len(taken) == 1 else shutil.rmtree(folder)
        return folder

    monkeypatch.setattr(scratch.tempfile, "mkdtemp", swept)
    folder = scratch.make_folder(str(tmp_path))
    assert folder not in taken and os.listdir(tmp_path) == [os.path.basename(folder)]


def test_a_filesystem_without_locks_is_used_and_never_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(scratch.fcntl, "flock", no_locks)
    folder = scratch.make_folder(str(tmp_path))
    scratch.sweep([str(tmp_path)])
    assert os.path.isdir(folder)


@pytest.mark.parametrize("cause", ["the path is too long", "the disk has no sockets"])
def test_sockets_have_another_folder_where_the_usual_takes_none(
    cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tmp_path / ("n" * 120 if cause == "the path is too long" else "disk")
    usual.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(usual))
    if cause == "the disk has no sockets":
        takes = scratch._takes_sockets
        monkeypatch.setattr(scratch, "_takes_sockets", lambda place: place != str(usual) and takes(place))
    folder = Path(scratch.socket_folder())
    assert str(folder.parents[1]) in scratch.short_places() and is_private(str(folder)) and not os.listdir(usual)
    scratch.remove_folders()
    assert not folder.parent.exists()


def test_a_machine_without_a_place_for_sockets_is_an_error_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_takes_sockets", lambda _: False)
    with pytest.raises(OSError, match=f"no socket can be made in {tmp_path}, nor in .*/tmp"):
        scratch.socket_folder()
