"""The first run after an installation, which compiles nothing, against the ones after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.captions import Crawl
from bench.figures import Figure
from bench.measure import Usage, measure, python

ROWS = 20_000
MORE_SECONDS = 3.0
ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("pipeline", "filters", "vocab", "dedup", "crawl", "train")


def first_run() -> Iterator[Figure]:
    """CPU seconds of runs by a copy of the packages, whose kernels `python -m pipeline.compile` has compiled."""
    with TemporaryDirectory() as folder:
        copy, crawl = Path(folder) / "clone", Crawl(ROWS, 0.0)
        crawl.write(Path(folder) / crawl.name)
        for name in PACKAGES:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        yield Figure("compiling the kernels of a fresh clone, CPU time", _in(copy, "-m", "pipeline.compile").cpu, "s")
        arguments = [f"--input={folder}/{crawl.name}", "--workers=1"]
        first, second, third = (
            _in(copy, "-m", "pipeline", *arguments, f"--output={folder}/{number}").cpu for number in range(3)
        )
    what = f"{ROWS:,} URLs by it, CPU time"
    yield Figure(f"{what}: the first run", first, "s", at_most=second + MORE_SECONDS)
    yield Figure(f"{what}: the second", second, "s")
    yield Figure(f"{what}: the third", third, "s")


def _in(folder: Path, *arguments: str) -> Usage:
    """Runs a command of this interpreter in a folder, by the packages that are there."""
    return measure("env", f"--chdir={folder}", f"PYTHONPATH={folder}", *python(*arguments))
