"""One GPU at the paper's sizes: time of a step by XLA and determinism, memory by pieces, and the rate of the input.

Runs without network, within `minutes`. Needs tensorflow[and-cuda] and what the extra `train` installs: keras, numba,
pillow, pyarrow, numpy. Determinism comes last, since TensorFlow can't turn it off again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import tensorflow as tf

from bench.figures import Figure
from bench.measure import CommandFailed
from bench.paper_input import input_rate
from pipeline.commands.arguments import read_config
from train.config import Train
from train.model import DualEncoder
from train.objective import make_objective
from train.optimizer import make_optimizer
from train.step import training_step

STEPS = 5
VOCABULARY = 30_000
PAPERS = ("ablation_b3_mini", "align_b7_base")


@dataclass(frozen=True)
class Case:
    """A way to run a step: XLA or not, deterministic or not, in so many pieces."""

    jit: bool = False
    deterministic: bool = False
    pieces: int = 1

    def __str__(self) -> str:
        named = {"XLA": self.jit, "deterministic": self.deterministic, f"{self.pieces} pieces": self.pieces > 1}
        return ", ".join(name for name, on in named.items() if on) or "plain"


CASES = (Case(), Case(jit=True), Case(pieces=4), Case(pieces=16), Case(deterministic=True))


def device(batch: int, minutes: float, tiny: bool) -> Iterator[Figure]:
    """Figures of one GPU; with `tiny`, of the CPU with the toy's towers. Raises CommandFailed without a GPU.

    A case that isn't begun within `minutes` is left out, and counted in the last figure.
    """
    if not (tiny or tf.config.list_physical_devices("GPU")):
        raise CommandFailed("device: TensorFlow sees no GPU here; --tiny tries the script on the CPU")
    end, left_out = time.monotonic() + 60 * minutes, 0
    yield from input_rate(1 if tiny else 3, 20 if tiny else 500)
    settings = {name: replace(read_config(name, []).train, batch=batch) for name in (("toy",) if tiny else PAPERS)}
    for case in CASES:
        for name, train in settings.items():
            if time.monotonic() > end:
                left_out += 1
            else:
                yield from _measured(name, train, case)
    yield Figure("cases left out, for want of time", left_out)


def _measured(name: str, train: Train, case: Case) -> Iterator[Figure]:
    what = f"{name}, batches of {train.batch}, {case}"
    _reset_peak()
    try:
        first, step = _seconds(replace(train, jit_compile=case.jit, pieces=case.pieces), case.deterministic)
    except tf.errors.ResourceExhaustedError:
        yield Figure(f"{what}: needs more memory than there is", float("nan"))
        return
    yield Figure(f"{what}: first step, traced and compiled", first, "s")
    yield Figure(f"{what}: a step", 1000 * step, "ms")
    yield Figure(f"{what}: rate", train.batch / step, "pairs a second")
    if (peak := _peak()) is not None:
        yield Figure(f"{what}: peak of the GPU's memory", peak / 1e9, "GB")


def _seconds(train: Train, deterministic: bool) -> tuple[float, float]:
    """Seconds of the first step, and of a later one."""
    if deterministic:
        keras.utils.set_random_seed(0)
        tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(train.precision)
    model, strategy = DualEncoder(train, VOCABULARY), tf.distribute.get_strategy()
    optimizer = make_optimizer(train)
    optimizer.build(model.trainable_variables)
    step = training_step(model, optimizer, make_objective(model, train, strategy), train, strategy)
    batch = _batch(train)
    first = _time(step, batch, 1)
    return first, _time(step, batch, STEPS)


def _time(step: Any, batch: dict[str, tf.Tensor], steps: int) -> float:
    """Seconds of each of `steps`; the host waits for the last one alone."""
    begin = time.perf_counter()
    for _ in range(steps):
        values = step(batch)
    values["loss"].numpy()
    return (time.perf_counter() - begin) / steps


def _batch(train: Train) -> dict[str, tf.Tensor]:
    shape = (train.batch, train.image.crop, train.image.crop, 3)
    pixels = tf.random.stateless_uniform(shape, (0, 1), 0, 256, tf.int32)
    tokens = tf.random.stateless_uniform((train.batch, train.text.length), (0, 2), 5, VOCABULARY, tf.int32)
    return {"pixels": tf.cast(pixels, tf.uint8), "tokens": tokens}


def _reset_peak() -> None:
    keras.backend.clear_session()
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.reset_memory_stats("GPU:0")


def _peak() -> float | None:
    if not tf.config.list_physical_devices("GPU"):
        return None
    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"])
