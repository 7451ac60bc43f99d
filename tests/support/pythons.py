"""The supported Pythons of this machine, and clean environments that hold the wheel and its dependencies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.command import ROOT

VERSIONS = ("3.11", "3.12", "3.13")


def find_pythons() -> dict[str, str]:
    """Interpreters by version: the running one, and those of pyenv or on the PATH that start."""
    found = {version: _find(version) for version in VERSIONS} | {_version(sys.executable): sys.executable}
    return {version: path for version, path in sorted(found.items()) if path}


def _find(version: str) -> str | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    paths = [*map(str, pyenv.glob(f"versions/{version}.*/bin/python")), shutil.which(f"python{version}")]
    return next((path for path in paths if path and _version(path) == version), None)


def _version(python: str) -> str:
    """`3.12`; empty for a pyenv shim without a version behind it."""
    code = "import sys; print('%d.%d' % sys.version_info[:2], end='')"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout


def install(python: str, wheel: Path, folder: Path) -> Path:
    """The interpreter of a new environment with the wheel and what it depends on, from uv's cache where that has it."""
    uv, installed = [sys.executable, "-m", "uv"], folder / "bin" / "python"
    options = ["--quiet", f"--python={installed}", f"--constraint={ROOT / 'constraints.txt'}"]
    for words in (["venv", "--quiet", f"--python={python}", str(folder)], ["pip", "install", *options, str(wheel)]):
        done = subprocess.run([*uv, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return installed


def run_outside(python: Path, *words: str | Path, folder: Path) -> str:
    """Returns the output of `python WORDS` in `folder`, without the checkout and the caller's environment."""
    names = ("PATH", "HOME", "TMPDIR")
    clean = {name: os.environ[name] for name in names if name in os.environ}
    done = subprocess.run([python, *words], cwd=folder, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
