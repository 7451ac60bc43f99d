"""The lock of an output on gs://: made by one alone, renewed, and taken from those that are gone."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.storage import cloud_lock
from pipeline.storage.cloud_lock import STALE
from pipeline.storage.lock import Held, locked, locked_files
from tests.pipeline.test_files import ROOT, storage  # noqa: F401
from tests.support.fake_storage import Storage

HERE = f"process {os.getpid()} on {socket.gethostname()}"
LOCK = "out/work/lock"
ELSEWHERE = b"process 1 on another-host"


def test_a_second_command_is_refused_and_told_how_to_remove_the_lock(storage: Storage) -> None:  # noqa: F811
    with locked(ROOT):
        assert storage.buckets["data"][LOCK].content == HERE.encode()
    assert not storage.buckets["data"]
    storage.put("data", LOCK, ELSEWHERE)
    said = f"^{ROOT} is being written by {ELSEWHERE.decode()}; .* 10 minutes .* delete {ROOT}"
    with pytest.raises(Held, match=said), locked(ROOT):
        pass
    assert storage.buckets["data"][LOCK].content == ELSEWHERE


@pytest.mark.parametrize(("age", "free"), [(STALE - timedelta(minutes=1), False), (STALE, True)])
def test_a_lock_that_is_not_renewed_is_nobodys(storage: Storage, age: timedelta, free: bool) -> None:  # noqa: F811
    storage.put("data", LOCK, ELSEWHERE)
    stored = storage.buckets["data"][LOCK]
    moment = datetime.fromisoformat(stored.updated) - age
    storage.buckets["data"][LOCK] = replace(stored, updated=moment.isoformat().replace("+00:00", "Z"))
    if not free:
        with pytest.raises(Held), locked(ROOT):
            pass
        return
    with locked(ROOT):
        assert storage.buckets["data"][LOCK].content == HERE.encode()


def test_a_lock_of_a_process_of_this_machine_that_is_gone_is_nobodys(storage: Storage) -> None:  # noqa: F811
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    for gone in (child, os.getpid()):  # the second: a container restarted under its name repeats process numbers
        storage.put("data", LOCK, f"process {gone} on {socket.gethostname()}".encode())
        with locked(ROOT):
            assert storage.buckets["data"][LOCK].content == HERE.encode()
    storage.put("data", LOCK, f"process {os.getppid()} on {socket.gethostname()}".encode())
    with pytest.raises(Held), locked(ROOT):
        pass


def test_a_lock_is_renewed(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(cloud_lock, "RENEWED", 0.01)
    with locked(ROOT):
        first = storage.buckets["data"][LOCK].generation
        while storage.buckets["data"][LOCK].generation < first + 3:
            pass
    assert not storage.buckets["data"]


def test_a_command_whose_lock_is_taken_ends(
    storage: Storage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(cloud_lock, "RENEWED", 0.01)
    monkeypatch.setattr(cloud_lock._Lock, "_end", lambda lock: ended.set())
    with locked(ROOT):
        storage.put("data", LOCK, ELSEWHERE)
        assert ended.wait(60)
    assert storage.buckets["data"][LOCK].content == ELSEWHERE
    assert "is gone before its command ended" in capsys.readouterr().err


def test_a_file_on_a_bucket_is_locked_beside_it(storage: Storage) -> None:  # noqa: F811
    storage.put("data", f"e.idx.{'0' * 32}.tmp", b"")
    with locked_files("gs://data/e.idx"):
        assert list(storage.buckets["data"]) == [".e.idx.lock"]


def test_other_remote_filesystems_say_that_they_have_no_locks(capsys: pytest.CaptureFixture[str]) -> None:
    with locked("s3://bucket/out"):
        pass
    assert "s3://bucket/out can't be locked (its filesystem has no locks)" in capsys.readouterr().err
