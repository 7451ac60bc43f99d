"""Start-up: help answers at once, a first run has nothing to compile, and the toy corpus is made while one waits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from bench.corpus import FOLDER
from bench.figures import Figure, median
from bench.first_run import first_run
from bench.measure import measure, python

HELP_SECONDS, TOY_SECONDS = 1.0, 18.0  # the latter of two idle cores


def start(repeats: int) -> Iterator[Figure]:
    """Wall seconds, valid only on an otherwise idle machine. The toy corpus is that of `make corpus`."""
    answers = [measure(*python("-m", "pipeline", "--help")).wall for _ in range(repeats)]
    yield Figure("python -m pipeline --help", median(answers), "s", at_most=HELP_SECONDS)
    yield from first_run()
    sample, output = FOLDER / "sample", FOLDER / "runs" / "toy"
    shutil.rmtree(sample, ignore_errors=True)
    shutil.rmtree(output, ignore_errors=True)
    made = measure(*python("-m", "pipeline.sample", f"--output={sample}"))
    arguments = (
        "--config=configs/toy.yaml",
        f"--input={sample}/crawl",
        f"--eval_images={sample}/eval",
        f"--output={output}",
    )
    run = measure(*python("-m", "pipeline", *arguments))
    yield Figure("toy: the sample", made.wall, "s")
    yield Figure("toy: the corpus from it", run.wall, "s")
    yield Figure("toy: both", made.wall + run.wall, "s", at_most=TOY_SECONDS)
