"""The phases of a classifier's training: its head alone, then the image tower too."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from train.bar import progress_bar
from train.determinism import make_deterministic, said
from train.devices import host
from train.errors import TrainingError
from train.fit import NotANumber
from train.memory import memory_named
from train.trained import Trained
from train.transfer.classifier import classifier, learner
from train.transfer.config import Classification
from train.transfer.data import training_batches
from train.transfer.labelled import Labelled
from train.transfer.optimizer import make_optimizer
from train.transfer.phase_checkpoint import PhaseCheckpoint
from train.transfer.views import View

CheckpointOf = Callable[[str], PhaseCheckpoint | None]


@dataclass(frozen=True)
class TransferTask:
    """The basis of classifiers: a trained model, settings, and the devices that share the work."""

    trained: Trained
    settings: Classification
    strategy: tf.distribute.Strategy

    def view(self, size: int) -> View:
        """The view of a picture in a square of `size`."""
        return View(size, self.settings.smallest_part, self.settings.middle)

    def phases(
        self, pictures: Labelled, checkpoint_of: CheckpointOf = lambda name: None
    ) -> Iterator[tuple[str, keras.Model]]:
        """The classifier after each phase, by the phase's name, in the size that it is measured in.

        Raises CheckpointError, NotANumber.
        """
        weights = None
        for name, phase in self.settings.phases.items():
            keras.utils.set_random_seed(self.trained.settings.seed)
            weights = self._train(name, pictures, weights, checkpoint_of(name)).get_weights()
            measured = classifier(self.trained, len(pictures.classes), phase.test_size)
            measured.set_weights(weights)
            yield name, measured

    def _train(
        self, name: str, pictures: Labelled, weights: list[Any] | None, checkpoint: PhaseCheckpoint | None
    ) -> keras.Model:
        phase, epoch = self.settings.phases[name], len(pictures) / self.settings.batch
        steps = phase.steps_of(epoch)
        with self.strategy.scope():
            model = self._learner(name, len(pictures.classes), phase.size)
            if weights is not None:
                model.set_weights(weights)
            optimizer = make_optimizer(self.settings, phase.learning_rate, steps, epoch)
            model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
            model.optimizer.build(model.trainable_variables)
        done = checkpoint.resume(model) if checkpoint else 0
        if done < steps:
            pieces, seed = self.settings.pieces, self.trained.settings.seed
            left, size = range(done * pieces, steps * pieces), self.settings.batch // pieces
            batches = training_batches(pictures, self.view(phase.size), size, left, seed)
            each_step = _Steps(name, range(done, steps), pieces, checkpoint)
            with memory_named("transfer.classification", self.settings.batch, pieces):
                model.fit(batches, shuffle=False, verbose=0, callbacks=[each_step])
        return model

    def _learner(self, name: str, classes: int, size: int) -> keras.Model:
        frozen, several = self.settings.frozen_statistics, self.strategy.num_replicas_in_sync > 1
        return learner(self.trained, classes, size, name == "whole", frozen, several, self.settings.pieces)


def prepare(trained: Trained, settings: Classification, strategy: tf.distribute.Strategy) -> TransferTask:
    """Prepares the task; whether this process' operations are deterministic from then on is as in `fit`, and told.

    Raises TrainingError on several hosts.
    """
    if host().of > 1:
        raise TrainingError(f"classes are learned on one host; TF_CONFIG names {host().of}")
    print(f"transfer: {said(make_deterministic(trained.settings))}", file=sys.stderr, flush=True)
    keras.config.set_dtype_policy(trained.settings.precision)
    return TransferTask(trained, settings, strategy)


class _Steps(keras.callbacks.Callback):  # type: ignore[misc]
    """Runs after each step: counts it, shows it and sometimes saves."""

    def __init__(self, name: str, left: range, pieces: int, checkpoint: PhaseCheckpoint | None) -> None:
        super().__init__()
        self.name, self.left, self.pieces, self.checkpoint = name, left, pieces, checkpoint
        # none for the many trials
        self.bar = progress_bar(name, left.stop, "steps", left.start) if checkpoint else None

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """`batch`, for Keras, is a piece, counted from 0 wherever the run resumes. Raises NotANumber."""
        done, rest = divmod(batch + 1, self.pieces)
        if not rest:
            self._after(self.left.start + done, logs["loss"])

    def _after(self, step: int, loss: float) -> None:
        if not math.isfinite(loss):
            raise NotANumber(f"the loss of step {step:,} of the {self.name} is {loss}; a lower learning_rate may help")
        if self.bar:
            self.bar.update()
        if self.checkpoint and (step % self.checkpoint.every == 0 or step == self.left.stop):
            self.checkpoint.save(self.model, step)
            self._say(f"{self.name}: step {step:,} of {self.left.stop:,}, loss {loss:.3f}")
            self.model.reset_metrics()  # resets the shown loss, a mean since the last line

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Closes the bar."""
        if self.bar:
            self.bar.close()

    def _say(self, line: str) -> None:
        if not sys.stderr.isatty():
            print(line, file=sys.stderr, flush=True)


def forget() -> None:
    """Frees all classifiers made so far, which Keras would hold until the process ends."""
    keras.utils.clear_session()
