"""Runs the commands as a user does, in a process of their own, and reads what they leave."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[2]
FORKED = multiprocessing.get_context("forkserver")
LIBRARIES = "tests.support.libraries"
FORKED.set_forkserver_preload([LIBRARIES])


def command(*arguments: str | Path, python: str = sys.executable) -> list[str]:
    return [python, "-m", *map(str, arguments)]


def run(*arguments: str | Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """`run("pipeline", "report", folder)` is `python -m pipeline report FOLDER`, without a terminal.

    Its process is forked from one that has imported the libraries, and what workers of the pipeline are forked with:
    most commands take less time. It sees one core, so a command that isn't told a number of workers has one: the
    process that workers are forked from takes as long as a small run, and tests of workers give their number.
    """
    words = [*map(str, arguments)]
    with TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("stdout", "stderr")]
        process = FORKED.Process(target=_execute, args=(words, dict(os.environ), said))
        with chdir(ROOT):  # the first one starts the process that imports the libraries, from there
            process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, timeout)
        return subprocess.CompletedProcess(words, process.exitcode, *(path.read_text() for path in said))


def _execute(words: Sequence[str], environment: Mapping[str, str], said: Sequence[Path]) -> None:
    assert LIBRARIES in sys.modules  # the process that this one is forked from is silent about an import that fails
    for descriptor, path in enumerate(said, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # not yet asked for, as in a new interpreter
    os.cpu_count = lambda: 1
    os.chdir(ROOT)
    sys.argv = ["", *words[1:]]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


@dataclass(frozen=True)
class Finished:
    """A run that has ended, and where its output is."""

    output: Path
    process: subprocess.CompletedProcess[str]

    def json(self, name: str) -> dict:
        return json.loads((self.output / name).read_text())

    def verdicts(self) -> list[dict]:
        """All rows, in the order of the input."""
        return [row for file in shards(self.output, "verdicts") for row in pq.read_table(file).to_pylist()]


def run_corpus(output: Path, inputs: str | Path, *options: str) -> Finished:
    return Finished(output, run("pipeline", f"--input={inputs}", f"--output={output}", *options))


def shards(output: Path, folder: str) -> list[Path]:
    return sorted((output / folder).glob("*-of-*"))


def fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


FOLDERS = ("corpus", "webdataset", "parquet", "verdicts")


def result(output: Path) -> dict[str, str]:
    """The bytes that must not depend on workers, places and interruptions: the sha256 of every file by its name."""
    files = (file for name in FOLDERS for file in (output / name).rglob("*") if file.is_file())
    return {file.relative_to(output).as_posix(): fingerprint(file) for file in sorted(files)}


def described(output: Path) -> dict[str, str]:
    """The files of `result`, the card and the metadata, in which the settings are."""
    return result(output) | {name: fingerprint(output / name) for name in ("README.md", "croissant.json")}
