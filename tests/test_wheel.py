"""The wheel that users install holds the packages, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("dedup", "filters", "pipeline", "train", "vocab")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy, so that nothing is left in the checkout."""
    source, target = tmp_path_factory.mktemp("source") / "checkout", tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "out", "__pycache__", "*.egg-info", "build"))
    build = [sys.executable, "-m", "build", "--wheel", f"--outdir={target}", str(source)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = target.glob("align_corpus-*.whl")
    return zipfile.ZipFile(file)


def test_it_holds_exactly_the_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_it_holds_every_module(wheel: zipfile.ZipFile) -> None:
    modules = {str(file.relative_to(ROOT)) for name in PACKAGES for file in (ROOT / name).rglob("*.py")}
    assert {name for name in wheel.namelist() if name.endswith(".py")} == modules


def test_it_holds_the_data_that_modules_read(wheel: zipfile.ZipFile) -> None:
    kept = (".py", ".pyc", ".nbi", ".nbc")
    data = [file for name in PACKAGES for file in (ROOT / name).rglob("*.*") if file.is_file()]
    wanted = {str(file.relative_to(ROOT)) for file in data if file.suffix not in kept}
    assert wanted <= set(wheel.namelist())
