"""One case of `python -m bench device`, in a process of its own: `python -m bench.device_case CASE`, a case as JSON.

Its last line is JSON: the seconds of the first step and of a later one and, on a GPU, the bytes of its peak, or why
there are none.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import keras
import tensorflow as tf

from pipeline.commands.arguments import read_config
from train import model
from train.config import ImageTower, Train
from train.determinism import make_deterministic
from train.objective import make_objective
from train.optimizer import make_optimizer
from train.step import training_step

STEPS = 5
VOCABULARY = 30_000
TOO_LARGE = "it needs more memory than there is"


@dataclass(frozen=True)
class Case:
    """A way to run the step of a config: XLA or not, deterministic or not, in so many pieces.

    With `stand_in` a convolution is the image tower: XLA takes minutes to compile an EfficientNet for a CPU.
    """

    config: str
    batch: int
    jit: bool = False
    deterministic: bool = False
    pieces: int = 1
    stand_in: bool = False

    def __str__(self) -> str:
        named = {"XLA": self.jit, "deterministic": self.deterministic, f"{self.pieces} pieces": self.pieces > 1}
        ways = ", ".join(name for name, on in named.items() if on) or "plain"
        return f"{self.config}, batches of {self.batch}, {ways}"

    @property
    def settings(self) -> Train:
        """Returns the settings of the config, changed by those of the case."""
        named = read_config(self.config, []).train
        ways = {"jit_compile": self.jit, "determinism": self.deterministic, "pieces": self.pieces}
        return replace(named, batch=self.batch, **ways)


def measured(case: Case) -> dict[str, Any]:
    """Seconds of the `first` step and of a later `step`, and the `peak` of the GPU's memory; or `failed`, why not."""
    try:
        first, step = _seconds(case.settings, case.stand_in)
    except tf.errors.OpError as error:  # XLA says it by another class than the plain operations
        if "RESOURCE_EXHAUSTED" not in str(error) and not isinstance(error, tf.errors.ResourceExhaustedError):
            raise
        return {"failed": TOO_LARGE}
    return {"first": first, "step": step, "peak": _peak()}


def _seconds(train: Train, stand_in: bool) -> tuple[float, float]:
    """Seconds of the first step, and of a later one."""
    keras.utils.set_random_seed(0)
    make_deterministic(train)
    keras.config.set_dtype_policy(train.precision)
    step, batch = _step(train, stand_in), _batch(train)
    return _time(step, batch, 1), _time(step, batch, STEPS)


def _step(train: Train, stand_in: bool) -> Any:
    with mock.patch.object(model, "image_tower", _convolution if stand_in else model.image_tower):
        encoder = model.DualEncoder(train, VOCABULARY)
    optimizer, strategy = make_optimizer(train), tf.distribute.get_strategy()
    optimizer.build(encoder.trainable_variables)
    return training_step(encoder, optimizer, make_objective(encoder, train, strategy), train, strategy)


def _convolution(settings: ImageTower, *_: Any) -> keras.Model:
    pixels = keras.Input((settings.crop, settings.crop, 3))
    features = keras.layers.Conv2D(64, 16, strides=16, activation="swish")(pixels / 127.5 - 1)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D(dtype="float32")(features))


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


def _peak() -> float | None:
    if not tf.config.list_physical_devices("GPU"):
        return None
    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"])


if __name__ == "__main__":
    print(json.dumps(measured(Case(**json.loads(sys.argv[1])))))
