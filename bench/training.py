"""The trainer: its input against its step, and its step against the same model in plain Keras `fit`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from bench.figures import Figure, median
from bench.loss_cost import loss_cost
from bench.paper_input import input_rate
from pipeline.commands.arguments import read_config
from train.config import Train
from train.fit import INPUTS, Trainer
from train.loss import contrastive_loss
from train.model import DualEncoder
from train.optimizer import make_optimizer
from train.run import Run
from train.step import training_step
from vocab.wordpiece import WordPieceTokenizer

STEPS = 40
INPUT_OVER_STEP, STEP_OVER_FIT = 1.0, 1.05


def training(corpus: Path, config: str, repeats: int) -> Iterator[Figure]:
    """Wall time on all cores, with the records and the vocabulary of a corpus, and the settings of a config."""
    train = read_config(config, []).train
    tokenizer = WordPieceTokenizer.load(corpus / "vocab")
    shards = sorted(str(path) for path in (corpus / "corpus").glob("*.tfrecord"))
    trainer = Trainer(Run(shards, tokenizer, "", train, str(corpus / "none")), tf.distribute.get_strategy())
    batches = trainer._batches()
    batch = {name: next(batches)[name] for name in INPUTS}
    step = training_step(trainer.model, trainer.optimizer, trainer.objective, train, trainer.strategy)
    fit = _keras_fit(train, len(tokenizer), batch)
    rounds = [(_seconds(lambda: step(batch)["loss"].numpy()), _fit_seconds(fit, batch)) for _ in range(repeats)]
    ours = median([seconds for seconds, _ in rounds])
    read = median([_reading(batches) for _ in range(repeats)])
    pairs = f"pairs a second, batches of {train.batch}, {train.image.crop} pixels"
    yield Figure(f"the step alone: {pairs}", train.batch / ours)
    yield Figure(f"the input alone: {pairs}", train.batch / read)
    yield Figure("the input over the step", ours / read, "x", at_least=INPUT_OVER_STEP)
    yield Figure(
        "time of a step over that of Keras fit", median([a / b for a, b in rounds]), "x", at_most=STEP_OVER_FIT
    )
    yield from input_rate(repeats, 500)
    yield from loss_cost()


class PlainFit(keras.Model):  # type: ignore[misc]
    """The dual encoder written plainly for `fit`."""

    def __init__(self, settings: Train, vocabulary: int) -> None:
        super().__init__()
        self.settings, self.encoder = settings, DualEncoder(settings, vocabulary)

    def call(self, batch: dict[str, tf.Tensor], training: bool = False) -> Any:
        """Embeddings of both."""
        return self.encoder(batch, training=training)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> tf.Tensor:
        """The loss of a batch."""
        return contrastive_loss(*y_pred, self.encoder.temperature, self.settings.loss.smoothing)


def _keras_fit(settings: Train, vocabulary: int, batch: dict[str, tf.Tensor]) -> PlainFit:
    model = PlainFit(settings, vocabulary)
    model.compile(make_optimizer(settings))
    model.fit(_repeated(batch, 2), verbose=0)
    return model


def _repeated(batch: dict[str, tf.Tensor], steps: int) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors((batch, 0)).repeat(steps)


def _fit_seconds(model: PlainFit, batch: dict[str, tf.Tensor]) -> float:
    begin = time.perf_counter()
    model.fit(_repeated(batch, STEPS), verbose=0)
    return (time.perf_counter() - begin) / STEPS


def _seconds(call: Callable[[], object]) -> float:
    call()
    begin = time.perf_counter()
    for _ in range(STEPS):
        call()
    return (time.perf_counter() - begin) / STEPS


def _reading(batches: Iterator[Any]) -> float:
    next(batches)
    begin = time.perf_counter()
    for _ in islice(batches, STEPS):
        pass
    return (time.perf_counter() - begin) / STEPS
