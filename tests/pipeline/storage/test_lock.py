"""One command at a time writes an output; its lock ends with its process, and leaves nothing."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.files import Output
from pipeline.storage.lock import Held, locked, locked_files
from tests.support.command import FORKED, run

HERE = f"process {os.getpid()} on {socket.gethostname()}"


def hold(folder: str, held: Connection) -> None:
    with locked(folder):
        held.send(os.getpid())
        held.poll(None)


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_second_command_is_refused_with_the_host_and_process_that_hold_the_output(tmp_path: Path) -> None:
    output = str(tmp_path / "out")
    with locked(output), pytest.raises(Held, match=f"out is being written by {HERE}$"), locked(output):
        pass
    with locked(output), locked(str(tmp_path / "other")):
        pass


@pytest.mark.slow
def test_a_lock_ends_with_its_process_however_it_is_killed(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    holder = FORKED.Process(target=hold, args=(str(tmp_path), theirs))
    holder.start()
    process = ours.recv()
    with pytest.raises(Held, match=f"by process {process} on"), locked(str(tmp_path)):
        pass
    os.kill(process, signal.SIGKILL)
    holder.join()
    assert everything(tmp_path) == ["work", "work/lock"]
    with locked(str(tmp_path)):
        assert (tmp_path / "work" / "lock").read_text() == HERE
    assert everything(tmp_path) == []


def test_neither_a_removal_of_the_work_nor_an_error_loses_the_lock_or_leaves_it(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "deep" / "out"))
    with pytest.raises(ZeroDivisionError), locked(output.root):
        output.write_bytes("work/run.json", b"{}")
        output.clear_work()
        assert output.names("work") == ["work/lock"]
        with pytest.raises(Held), locked(output.root):
            pass
        assert 1 / 0
    assert everything(tmp_path) == []


def test_folders_that_were_there_and_what_is_in_them_stay(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with locked(str(tmp_path / "out")):
        pass
    assert everything(tmp_path) == ["out"]
    with locked(str(tmp_path / "out")):
        Output(str(tmp_path / "out")).write_bytes("work/run.json", b"{}")
    assert everything(tmp_path / "out") == ["work", "work/run.json", "work/tmp"]


def test_a_file_is_locked_beside_it_and_what_killed_commands_left_of_it_is_swept(tmp_path: Path) -> None:
    file, left = tmp_path / "a[1].idx", "0123456789abcdef" * 2
    others = [f"a1.idx.{left}.tmp", f"b.idx.{left}.tmp", "a[1].idx.tmp", "a[1].idx.0123.tmp"]
    for name in (f"a[1].idx.{left}.tmp", f".a[1].idx.{left}.tmp", *others):
        (tmp_path / name).write_bytes(b"")
    with locked_files(str(file), None, str(tmp_path / "page.html"), str(file)):
        assert {".a[1].idx.lock", ".page.html.lock"} == set(everything(tmp_path)) - set(others)
        with pytest.raises(Held, match="idx is being written by"), locked_files(str(file)):
            pass
    assert everything(tmp_path) == sorted(others)


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: int
) -> None:
    def flock(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(str(tmp_path / "out")):
        assert everything(tmp_path) == []
    said = f"can't be locked ({os.strerror(error)}): see that no other command writes it"
    assert capsys.readouterr().err == f"{tmp_path}/out {said}\n"


def test_an_output_below_a_file_is_refused_with_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    wanted = pytest.raises(NotADirectoryError, match=f"{tmp_path}/file is a file, not a folder")
    with wanted, locked(str(tmp_path / "file" / "out")):
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("pipeline", "--input={0}/none.csv", "--output={1}"),
        ("pipeline", "subset", "{0}", "--output={1}"),
        ("vocab", "--input={0}/none.txt", "--output={1}"),
        ("dedup", "index", "--images={0}", "--output={1}"),
        ("dedup", "groups", "{0}", "--output={1}"),
        ("dedup", "match", "--index={0}", "--images={0}", "--output={1}"),
    ],
)
def test_every_command_refuses_an_output_that_is_held(tmp_path: Path, words: tuple[str, ...]) -> None:
    output = tmp_path / "out.parquet"
    given = [word.format(tmp_path, output) for word in words]
    lock = locked_files if words[0] == "dedup" else locked
    with lock(str(output)):
        done = run(*given, "--workers=1")
    assert done.returncode == 1
    assert done.stderr == f"{words[0]}: {output} is being written by {HERE}\n"
