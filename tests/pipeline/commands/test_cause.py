"""Errors in one plain line: without Python's class where the message says it all."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path

import pytest

from pipeline.commands.program import cause
from pipeline.files import Output, write_file
from pipeline.inputs import BadFile, InputError
from pipeline.remote import Unanswered


def in_worker(error: Exception) -> RuntimeError:
    """An error as it arrives from a worker."""
    try:
        raise error
    except Exception as raised:
        return RuntimeError(f"bundle inst003 {''.join(traceback.format_exception(raised))}")


def written(number: int) -> OSError:
    """Errors of `pipeline.files`."""
    return OSError(number, f"{os.strerror(number)}: can't write /a b/c.parquet")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (written(errno.EACCES), "can't write /a b/c.parquet: permission denied"),
        (written(errno.ENOSPC), "can't write /a b/c.parquet: no space left on device"),
        (written(errno.EIO), "can't write /a b/c.parquet: input/output error"),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), "/a/b: permission denied"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "it's"), "it's: no such file or directory"),
        (OSError(errno.EMFILE, "Too many open files"), "too many open files"),
        (OSError("damaged"), "damaged"),
        (BadFile("/a.tar", "truncated: no end"), "/a.tar: truncated: no end"),
        (InputError("eval_images: nothing"), "eval_images: nothing"),
        (Unanswered("gs://b/x: 503"), "gs://b/x: 503"),
        (ValueError("3 is odd"), "ValueError: 3 is odd"),
        (KeyError("a"), "KeyError: 'a'"),
    ],
)
def test_an_error_is_one_line_wherever_it_is_raised(error: Exception, said: str) -> None:
    assert cause(error) == said
    assert cause(in_worker(error)) == said


def test_an_error_without_a_message_is_its_class() -> None:
    assert cause(MemoryError()) == "MemoryError"
    assert cause(in_worker(AssertionError())) == "AssertionError"


def test_what_beam_adds_takes_nothing_away() -> None:
    """Beam writes the step into the first argument, after which more may come."""
    assert cause(BadFile("/a.tar [while running 'Index/Map(<lambda>)']", "truncated")) == "/a.tar: truncated"
    assert cause(ValueError("3 is odd [while running 'Index']")) == "ValueError: 3 is odd"
    assert cause(in_worker(BadFile("/a.tar [while running 'Index']", "truncated"))) == "/a.tar: truncated"


def test_what_beam_cannot_raise_anew_is_unwrapped() -> None:
    """Beam puts class and message of an OSError into a RuntimeError."""
    error = RuntimeError(f"PermissionError: {written(errno.EACCES)} [while running 'Emit']")
    assert cause(error) == cause(in_worker(error)) == "can't write /a b/c.parquet: permission denied"
    assert cause(RuntimeError("ValueError: 3 is odd [while running 'Emit']")) == "RuntimeError: ValueError: 3 is odd"
    assert cause(RuntimeError("no worker: none")) == "RuntimeError: no worker: none"


@pytest.mark.slow
def test_tensorflow_names_what_it_cannot_write() -> None:
    import tensorflow as tf

    error = tf.errors.PermissionDeniedError(None, None, "/out/checkpoints; Permission denied")
    assert cause(error) == "can't write /out/checkpoints: permission denied"
    other = tf.errors.InvalidArgumentError(None, None, "shapes differ; 3 and 4")
    assert cause(other) == "InvalidArgumentError: shapes differ; 3 and 4"


def test_outputs_that_cannot_be_written_say_so(tmp_path: Path) -> None:
    """A folder below a file, a file in place of a folder, and a name that is too long."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    cases = {
        lambda: Output(str(tmp_path / "file")).write_bytes("a.json", b""): (
            f"{tmp_path}/file is a file, not a folder",
            "file/a.json",
        ),
        lambda: _written(tmp_path / "folder"): ("is a folder, not a file", "folder"),
        lambda: _written(tmp_path / ("x" * 300)): ("file name too long", "x" * 300),
    }
    for write, (reason, name) in cases.items():
        with pytest.raises(OSError) as error:
            write()
        assert cause(error.value) == f"can't write {tmp_path}/{name}: {reason}"


def _written(path: Path) -> None:
    with write_file(str(path)) as file:
        file.write(b"x")
