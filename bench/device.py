"""One GPU at the paper's sizes: time of a step by XLA and determinism, memory by pieces, and the rate of the input.

Runs without network. Needs tensorflow[and-cuda] and what the extra `train` installs: keras, numba, pillow, pyarrow,
numpy. Each case is a process of its own, which ends when the time is over, whatever XLA does; so XLA comes last.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, replace

import tensorflow as tf

from bench.device_case import Case
from bench.figures import Figure, NotMeasured
from bench.measure import CommandFailed, measure, python
from bench.paper_input import input_rate

PAPERS = ("ablation_b3_mini", "align_b7_base")
SMALLEST = 5.0  # seconds: no case is begun with less


def device(batch: int, minutes: float, tiny: bool) -> Iterator[Figure | NotMeasured]:
    """Figures of one GPU; with `tiny`, of the CPU with a small model. Raises CommandFailed without a GPU.

    A case that doesn't end within `minutes` from the start is killed, and named like those that aren't begun.
    """
    end = time.monotonic() + 60 * minutes
    if not (tiny or tf.config.list_physical_devices("GPU")):
        raise CommandFailed("device: TensorFlow sees no GPU here; --tiny tries the script on the CPU")
    tf.config.set_visible_devices([], "GPU")  # all of its memory is for the cases
    yield from input_rate(1 if tiny else 3, 200 if tiny else 500)  # batches that wait count for nothing
    for case in cases(("toy",) if tiny else PAPERS, batch, tiny):
        yield from _figures(case, end - time.monotonic())


def cases(configs: tuple[str, ...], batch: int, tiny: bool) -> Iterator[Case]:
    """The ways to run the step of each config, those first that end for sure."""
    for way in ({}, {"pieces": 4}, {"deterministic": True}, {"pieces": 16}, {"jit": True}):
        for config in configs:
            yield replace(Case(config, batch, stand_in=tiny), **way)


def _figures(case: Case, seconds: float) -> Iterator[Figure | NotMeasured]:
    if seconds < SMALLEST:
        yield NotMeasured(str(case), "the time was over")
        return
    try:
        usage = measure(*python("-m", "bench.device_case", json.dumps(asdict(case))), seconds=seconds)
        found = json.loads(usage.output.splitlines()[-1])
    except subprocess.TimeoutExpired:
        found = {"failed": f"not done after {seconds:.0f} s, when the time was over"}
    except CommandFailed as error:
        yield NotMeasured(str(case), str(error).partition("}: ")[2], holds=False)
        return
    if "failed" in found:
        yield NotMeasured(str(case), found["failed"])
        return
    yield Figure(f"{case}: first step, traced and compiled", found["first"], "s")
    yield Figure(f"{case}: a step", 1000 * found["step"], "ms")
    yield Figure(f"{case}: rate", case.batch / found["step"], "pairs a second")
    if found["peak"] is not None:
        yield Figure(f"{case}: peak of the GPU's memory", found["peak"] / 1e9, "GB")
