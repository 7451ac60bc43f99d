"""The measured command: the whole pipeline on an input, into an empty directory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from bench.captions import Crawl
from bench.measure import Usage, measure, python

FOLDER = Path("out/bench")  # below the working directory; listed in .gitignore
WARM_UP_ROWS = 100_000


def make_corpus(name: str, inputs: str | Path, *options: str, workers: int = 1, memory: bool = False) -> Usage:
    """Runs `python -m pipeline` on `inputs`, a folder or glob. Raises CommandFailed."""
    output = FOLDER / "runs" / name
    shutil.rmtree(output, ignore_errors=True)
    command = python("-m", "pipeline", f"--input={inputs}", f"--output={output}", f"--workers={workers}", *options)
    return measure(*command, memory=memory)


def funnel(name: str) -> dict[str, Any]:
    """The counts of the run called `name`."""
    content: dict[str, Any] = json.loads((FOLDER / "runs" / name / "funnel.json").read_text())
    return content


def captions(rows: int, foreign: float = 0.0) -> Path:
    """The folder of a crawl of captions, written at the first use."""
    crawl = Crawl(rows, foreign)
    crawl.write(FOLDER / crawl.name)
    return FOLDER / crawl.name


def warm_up() -> None:
    """Makes a small run first: compiles the kernels once per machine, and loads libraries from disk."""
    make_corpus("warm-up", captions(WARM_UP_ROWS), workers=2)
