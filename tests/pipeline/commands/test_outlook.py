"""The promise at the end of an error's line: that the same command resumes is printed only where it is true."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pytest
from apache_beam.io.filesystem import BeamIOError

from pipeline.commands import program
from pipeline.commands.outlook import FAILS_AGAIN
from pipeline.commands.program import GOES_ON, Program
from pipeline.engines.local import WorkerDied
from pipeline.inputs import BadFile
from pipeline.remote import Unanswered
from pipeline.storage.lock import locked, locked_files
from tests.pipeline.commands.test_cause import in_worker, written
from tests.support.command import run


def failed(error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Returns the line of a command that ends with `error`."""
    monkeypatch.setattr(program, "keep", lambda *given: "FILE")
    assert Program("pipeline").failed(error) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def beam(error: Exception) -> Exception:
    return RuntimeError(f"{type(error).__name__}: {error} [while running 'Emit']")


WRAPPINGS: list[Callable[[Exception], Exception]] = [
    lambda error: error,
    in_worker,
    lambda error: in_worker(beam(error)),
]


@pytest.mark.parametrize("wrapped", WRAPPINGS, ids=["here", "in a worker", "around Beam's"])
@pytest.mark.parametrize(
    ("error", "promise"),
    [
        (written(errno.ENOSPC), f"with more space {GOES_ON}"),
        (written(errno.EDQUOT), f"with more space {GOES_ON}"),
        (written(errno.EIO), GOES_ON),
        (OSError(errno.EMFILE, "Too many open files"), GOES_ON),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), GOES_ON),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), FAILS_AGAIN),
        (MemoryError("of 3 GB"), GOES_ON),
        (WorkerDied("a worker process ended: "), GOES_ON),
        (KeyError("a"), FAILS_AGAIN),
        (ValueError("3 is odd"), FAILS_AGAIN),
        (ZeroDivisionError("division by zero"), FAILS_AGAIN),
    ],
)
def test_an_error_promises_what_is_true(
    error: Exception,
    promise: str,
    wrapped: Callable[[Exception], Exception],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert failed(wrapped(error), capsys, monkeypatch).endswith(f"; {promise} (traceback: FILE)")


def test_errors_of_libraries_are_judged_by_their_class(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (json.JSONDecodeError("Expecting value", "{", 1), pa.ArrowInvalid("not a file")):
        for one in (error, in_worker(error)):
            assert f"; {FAILS_AGAIN} (" in failed(one, capsys, monkeypatch)


@pytest.mark.parametrize("wrapped", WRAPPINGS[:2], ids=["here", "in a worker"])
@pytest.mark.parametrize(
    ("error", "line"),
    [
        (written(errno.EACCES), "can't write /a b/c.parquet: permission denied"),
        (written(errno.EROFS), "can't write /a b/c.parquet: read-only file system"),
        (
            OSError(errno.ENOTDIR, "A is a file, not a folder: can't write A/x"),
            "can't write A/x: A is a file, not a folder",
        ),
        (BadFile("/a.tar", "truncated: no end"), "/a.tar: truncated: no end"),
    ],
)
def test_an_error_that_explains_itself_has_neither_promise_nor_traceback(
    error: Exception,
    line: str,
    wrapped: Callable[[Exception], Exception],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert failed(wrapped(error), capsys, monkeypatch) == f"pipeline: {line}"


@pytest.mark.parametrize("wrapped", WRAPPINGS, ids=["here", "in a worker", "around Beam's"])
@pytest.mark.parametrize("listed", [False, True])
def test_storage_that_does_not_answer_gets_a_promise_without_a_traceback(
    wrapped: Callable[[Exception], Exception],
    listed: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also inside of Beam's error about a list of files: its log in the output would wait for the same storage."""
    error: Exception = Unanswered("gs://b/x: 503 Service Unavailable, tried 3 times (storage.retries=2)")
    if listed:
        error = BeamIOError("List operation failed", {"gs://b/x": error})
    said = failed(wrapped(error), capsys, monkeypatch)
    assert "gs://b/x: 503 Service Unavailable, tried 3 times (storage.retries=2)" in said
    assert said.endswith(f"; {GOES_ON}")


@pytest.mark.slow
def test_tensorflow_cannot_write_either(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    denied = tf.errors.PermissionDeniedError(None, None, "/out/checkpoints; Permission denied")
    assert failed(denied, capsys, monkeypatch) == "pipeline: can't write /out/checkpoints: permission denied"
    full = tf.errors.ResourceExhaustedError(None, None, "/out/checkpoints; No space left on device")
    line = "pipeline: can't write /out/checkpoints: no space left on device; with more space "
    assert failed(full, capsys, monkeypatch).startswith(line)


def taken(lock: Callable[[str], AbstractContextManager[None]], path: Path) -> None:
    with lock(str(path)):
        raise AssertionError("the lock was taken")


@pytest.mark.parametrize("lock", [locked, locked_files])
@pytest.mark.parametrize("below", ["file/out", "file/a/b/out"])
def test_a_file_in_the_way_is_found_before_anything_runs(
    lock: Callable[[str], AbstractContextManager[None]], below: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=f"{tmp_path}/file is a file, not a folder: can't write {tmp_path / below}"):
        taken(lock, tmp_path / below)
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_for_a_folder_and_a_folder_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=f"is a file, not a folder: can't write {tmp_path}/file"):
        taken(locked, tmp_path / "file")
    with pytest.raises(OSError, match=f"is a folder, not a file: can't write {tmp_path}/folder"):
        taken(locked_files, tmp_path / "folder")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_tar_of_pictures_is_one_line_with_its_name_alone(workers: int, tmp_path: Path) -> None:
    (tmp_path / "cut.tar").write_bytes(b"0.jpg".ljust(124, b"\0") + b"00000000100")
    done = run("dedup", "index", f"--images={tmp_path}/cut.tar", f"--output={tmp_path}/x.idx", f"--workers={workers}")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"dedup: {tmp_path}/cut.tar: ") and "traceback" not in line
    assert os.listdir(tmp_path) == ["cut.tar"]
