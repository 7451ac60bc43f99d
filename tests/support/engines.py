"""Engines for tests: a cluster of Prism with workers that know the wheel alone, and a command on it.

The pool's virtual environment is as clean as it needs to be: it has its own interpreter and the wheel, and a `.pth`
file adds the packages of this environment, which holds the project only as an editable one. Such a folder's own `.pth`
files aren't read, so the checkout can't be imported there; `Cluster` makes sure that it isn't.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.command import ROOT
from tests.support.prism import prism


def bare_environment(folder: Path) -> Path:
    """The `bin` of a new virtual environment that has the dependencies alone."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (_site(folder) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def wheel_environment(folder: Path) -> Path:
    """The `bin` of a new virtual environment that has the built wheel and the dependencies, but not the checkout."""
    checkout = folder.with_name("checkout")
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "out", "__pycache__", "*.egg-info", "build"))
    python("build", "--wheel", "--no-isolation", f"--outdir={folder.parent}", checkout)
    shutil.rmtree(checkout)
    (wheel,) = folder.parent.glob("align_corpus-*.whl")
    commands = bare_environment(folder)
    python("pip", "install", "--no-deps", "--quiet", "--disable-pip-version-check", f"--target={_site(folder)}", wheel)
    copy_kernels(_site(folder))
    return commands


def python(module: str, *arguments: str | Path) -> None:
    """Runs a module of this environment that must end well."""
    done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _site(folder: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))


def copy_kernels(site: Path) -> None:
    """Copies kernels that this Python has compiled in the checkout, from equal sources: they take half a minute."""
    for kernel in ROOT.glob("[!.o]*/**/__pycache__/*.nb[ci]"):
        source = kernel.parents[1] / f"{kernel.name.partition('.')[0]}.py"
        if not source.exists():  # a cache that outlived its source
            continue
        installed = site / source.relative_to(ROOT)
        assert installed.read_bytes() == source.read_bytes()
        shutil.copystat(source, installed)  # kernels belong to a source of that size and time
        (installed.parent / "__pycache__").mkdir(exist_ok=True)
        shutil.copy(kernel, installed.parent / "__pycache__")


@dataclass(frozen=True)
class Cluster:
    """An engine and a pool of workers, each a process of its own; what both print is in `folder`."""

    folder: Path
    engine: psutil.Popen
    pool: psutil.Popen
    options: tuple[str, ...]  # for a command that is to run on it

    def workers(self) -> list[psutil.Process]:
        """The processes that do the work of a job, while there is one."""
        with suppress(psutil.NoSuchProcess):
            return self.pool.children()
        return []


@contextmanager
def cluster(folder: Path, commands: Path, environment: dict[str, str] | None = None) -> Iterator[Cluster]:
    """Engine and pool, the pool with the commands in `commands`, both without a file of the checkout around them."""
    folder.mkdir()
    jobs, works = free_port(), free_port()
    clean = {"PATH": f"{commands}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"} | (environment or {})
    pool_main = ("python", "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={works}")
    with (
        serving(folder, "engine", jobs, clean, str(prism()), f"--job_port={jobs}", "--serve_http=false") as engine,
        serving(folder, "pool", works, clean, str(commands / "python"), *pool_main[1:]) as pool,
    ):
        external = ("--environment_type=EXTERNAL", f"--environment_config=localhost:{works}")
        yield Cluster(folder, engine, pool, ("--runner=PortableRunner", f"--job_endpoint=localhost:{jobs}", *external))


@contextmanager
def serving(folder: Path, name: str, port: int, environment: dict[str, str], *words: str) -> Iterator[psutil.Popen]:
    """A process that answers at `port`; it ends with the block, and what it started ends with it."""
    with (folder / f"{name}.log").open("w") as log:
        process = psutil.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        while not answers(port):
            assert process.poll() is None, (folder / f"{name}.log").read_text()
            time.sleep(0.02)
        yield process
    finally:
        end(process)


def end(process: psutil.Popen) -> None:
    """Kills a process and its children."""
    with suppress(psutil.NoSuchProcess):
        for child in [*process.children(recursive=True), process]:
            child.kill()
    process.wait()


def answers(port: int) -> bool:
    """Returns whether something listens at a port of this machine."""
    with suppress(OSError), socket.create_connection(("localhost", port), 1):
        return True
    return False


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]
