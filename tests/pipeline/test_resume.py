"""A run that was killed, interrupted or lost a worker: nothing looks finished that is not, and a rerun ends the same.

Moments are counted in files that the run has written, so that they fall into every pass on any machine.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import psutil
import pytest

from pipeline.storage.scratch import PREFIX
from tests.conftest import Runs, arguments
from tests.support.command import ROOT, Finished, command, described, result, run_corpus
from tests.support.crawl import Crawl
from tests.support.listening import listened

pytestmark = pytest.mark.slow(seconds=150)

MOMENTS = ((2, 34), (42, 58), (65, 110), (115, 160))  # files: in the first pass, in the second, twice in the third
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def finished(corpus_of: Runs) -> Finished:
    return corpus_of()


@pytest.fixture
def start(crawl: Crawl, tmp_path: Path) -> Iterator[Start]:
    """Starts the command in a process group of its own. What is left of it ends with the test."""
    groups = []
    (tmp_path / "tmp").mkdir()  # what a killed run leaves behind

    def popen(
        workers: int = 2, python: str = sys.executable, cwd: Path = ROOT, **environment: str
    ) -> subprocess.Popen[str]:
        words = command("pipeline", f"--input={crawl.inputs}", f"--output={tmp_path / 'out'}", python=python)
        process = subprocess.Popen(
            [*words, *arguments(crawl), f"--workers={workers}"],
            cwd=cwd,
            env=os.environ | {"TMPDIR": str(tmp_path / "tmp")} | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        groups.append(process.pid)
        return process

    yield popen
    for group in groups:
        kill_group(group)


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended


def everything(output: Path) -> set[str]:
    """The names of all files and folders, also while a run sweeps some of them away."""
    inside = ((folder, name) for folder, *names in os.walk(output) for name in chain(*names))
    return {Path(folder, name).relative_to(output).as_posix() for folder, name in inside}


def wait_for_files(process: subprocess.Popen[str], output: Path, count: int) -> bool:
    """Returns whether the run wrote this many files before it ended."""
    while process.poll() is None:
        if len(everything(output)) >= count:
            return True
        time.sleep(0.005)
    return False


def assert_whole(output: Path, finished: Finished) -> None:
    """Whatever has the name of a finished file has its bytes."""
    true = result(finished.output)
    found = {name: sha256 for name, sha256 in result(output).items() if name in true}
    assert found == {name: true[name] for name in found}


def assert_goes_on(process: subprocess.Popen[str], output: Path, finished: Finished) -> None:
    """Checks for the bytes of an undisturbed run, and for no other file in the output or in TMPDIR.

    As long as it runs, no process of it listens on a port; its workers are reached by sockets in a folder of its own.
    """
    ports, sockets = listened(process)
    said, _ = process.communicate(timeout=600)
    assert not ports
    assert {Path(socket).name for socket in sockets} <= {"control", "data", "state"}
    assert all(Path(socket).parents[1].name.startswith(PREFIX) for socket in sockets)
    assert not any(Path(socket).parents[1].exists() for socket in sockets)
    assert not os.listdir(output.with_name("tmp"))
    assert process.returncode == 0, said
    assert described(output) == described(finished.output)
    assert everything(output) == everything(finished.output)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    servers = [
        child for child in psutil.Process(process.pid).children() if "pipeline.engines.worker" in child.cmdline()
    ]
    return [worker for server in servers for worker in server.children()]


def wait_for_workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    while not (found := workers_of(process)):
        assert process.poll() is None, process.stdout
        time.sleep(0.01)
    return found


def kill_parent(process: int) -> None:
    """The killed run's workers live on for a moment, and write while the next run begins."""
    os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize(
    ("workers", "kill", "moments"),
    [(1, kill_group, MOMENTS), (2, kill_parent, MOMENTS[::2])],
    ids=["all at once", "the parent, its workers live on"],
)
def test_killed_runs_end_with_the_same_bytes(
    start: Start, tmp_path: Path, finished: Finished, workers: int, kill: Callable[[int], None], moments: tuple
) -> None:
    """Killed again and again, each time further on."""
    output, chance = tmp_path / "out", random.Random(workers)
    for first, last in moments:
        process = start(workers)
        assert wait_for_files(process, output, chance.randint(first, last)), process.communicate()[0]
        time.sleep(chance.uniform(0, 0.05))
        kill(process.pid)
        process.wait()
        assert_whole(output, finished)
    assert_goes_on(start(workers), output, finished)


def test_runs_killed_at_the_end_end_with_the_same_bytes(start: Start, tmp_path: Path, finished: Finished) -> None:
    """Killed as soon as a file is there, in the order in which they are written, each time further on."""
    output = tmp_path / "out"
    for file in ("funnel.json", "manifest.json", "croissant.json", "report.html"):
        process = start(workers=1)
        while not (output / file).exists():
            assert process.poll() is None
            time.sleep(0.001)
        kill_group(process.pid)
        process.wait()
        assert_whole(output, finished)
    assert_goes_on(start(workers=1), output, finished)


def test_a_lost_worker_ends_the_run(start: Start, tmp_path: Path, finished: Finished) -> None:
    """Whichever comes is killed: one whose work is done already would be missed by nobody."""
    process = start()
    with suppress(psutil.NoSuchProcess):
        wait_for_workers(process)
    begin = time.monotonic()
    while process.poll() is None and time.monotonic() - begin < 60:
        with suppress(psutil.NoSuchProcess):
            for worker in workers_of(process):
                worker.kill()
        time.sleep(0.01)
    out, _ = process.communicate(timeout=300)  # nothing is left that would hold the terminal
    assert process.returncode == 1
    assert "worker" in out.splitlines()[-1]
    assert_whole(tmp_path / "out", finished)


def test_workers_that_cannot_start_end_the_run(start: Start, tmp_path: Path) -> None:
    broken = "import os, sys\nif 'pipeline.engines.worker' in ' '.join(sys.orig_argv):\n    os._exit(7)\n"
    (tmp_path / "sitecustomize.py").write_text(broken)
    process = start(PYTHONPATH=str(tmp_path))
    wait_for_files(process, tmp_path / "out", 1)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "worker" in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("files", "workers", "number", "send", "says"),
    [
        (1, 2, signal.SIGINT, os.killpg, "interrupted"),
        (50, 2, signal.SIGTERM, os.killpg, "terminated (SIGTERM)"),  # as Slurm does
        (60, 2, signal.SIGTERM, os.kill, "terminated (SIGTERM)"),  # as Kubernetes and timeout do
        (80, 1, signal.SIGHUP, os.killpg, "hung up (SIGHUP)"),
    ],
)
def test_a_signal_ends_all_of_it_and_says_how_to_go_on(
    start: Start,
    tmp_path: Path,
    finished: Finished,
    files: int,
    workers: int,
    number: signal.Signals,
    send: Callable[[int, int], None],
    says: str,
) -> None:
    process = start(workers)
    assert wait_for_files(process, tmp_path / "out", files)
    tree = psutil.Process(process.pid).children(recursive=True)
    send(process.pid, number)
    out, _ = process.communicate(timeout=300)  # whoever holds the terminal has ended then
    assert process.returncode == 128 + number
    assert out.splitlines()[-1] == f"pipeline: {says}; the same command resumes"
    assert psutil.wait_procs(tree, timeout=300)[1] == []
    assert_whole(tmp_path / "out", finished)


def test_spaces_in_every_path(start: Start, tmp_path: Path, finished: Finished) -> None:
    """A checkout and a virtual environment below a folder with a space."""
    checkout = tmp_path / "my checkout"
    for package in ("crawl", "dedup", "filters", "pipeline", "train", "vocab", "configs"):
        shutil.copytree(ROOT / package, checkout / package)
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.executable).resolve())
    (checkout / ".venv" / "lib").symlink_to(Path(sys.prefix) / "lib")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", checkout / ".venv")
    process = start(python=str(python), cwd=checkout)
    out, _ = process.communicate(timeout=600)
    assert process.returncode == 0, out
    assert result(tmp_path / "out") == result(finished.output)


def test_a_finished_run_started_again_prints_its_funnel(crawl: Crawl, finished: Finished) -> None:
    before = {file: (finished.output / file).stat().st_mtime_ns for file in result(finished.output)}
    again = run_corpus(finished.output, crawl.inputs, *arguments(crawl)).process
    assert again.returncode == 0
    assert again.stdout == finished.process.stdout
    assert before == {file: (finished.output / file).stat().st_mtime_ns for file in before}
