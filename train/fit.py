"""Training, top to bottom: the model, the data, the steps, and the saved results."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from train.checkpoint import CheckpointError, arrays_of, restore
from train.data import Position, damage_named
from train.determinism import make_deterministic, said
from train.devices import from_all_hosts, host, own_rows
from train.errors import TrainingError
from train.examiner import Examined, Examiner
from train.log import Log, Row
from train.measurements import Measurement, Measurements
from train.memory import memory_named
from train.model import DualEncoder
from train.objective import make_objective
from train.optimizer import make_optimizer
from train.progress import Progress
from train.run import Run
from train.save_points import SavePoints
from train.step import training_step
from train.times import MEASURING, SAVING, TRACING, TRAINING, Stopwatch
from train.unread import Unread

INPUTS = ("pixels", "tokens")


class NotANumber(TrainingError):
    """The loss became NaN or infinite."""


class Trainer:
    """Trains one run on the devices of `strategy`; resumes from its newest checkpoint."""

    def __init__(
        self,
        run: Run,
        strategy: tf.distribute.Strategy,
        start: DualEncoder | None = None,
        examiner: Examiner | None = None,
    ) -> None:
        """Starts a new run with the weights of `start`, if given, else random ones; `examiner` measures on the way.

        Raises OtherTraining, CheckpointError, TrainingError for a batch that the devices can't share, and for a queue
        that is larger than the data.
        """
        self.run, self.settings, self.strategy, self.examiner = run, run.settings, strategy, examiner
        self._check_devices()
        self._check_queue()
        keras.utils.set_random_seed(self.settings.seed)
        self.deterministic = make_deterministic(self.settings)
        keras.config.set_dtype_policy(self.settings.precision)
        with strategy.scope():
            synchronized = strategy.num_replicas_in_sync > 1 and self.settings.pieces == 1
            self.model = DualEncoder(self.settings, len(run.tokenizer), synchronized)
            if start is not None:
                self.model.set_weights(start.get_weights())
            self.optimizer = make_optimizer(self.settings)
            self.optimizer.build(self.model.trainable_variables)
            self.objective = make_objective(self.model, self.settings, strategy)
        self.step, self.places = 0, [Position()] * host().of
        self._resume()
        self.log = Log(run.output, self.step, events=host().number == 0)
        self.measurements = Measurements(run.output, self.step, self.log)
        self.watch = Stopwatch(run.output)
        self.save_points = SavePoints(self.settings, strategy)
        self.unread = Unread(strategy)

    def fit(self) -> None:
        """Trains to the last step. Raises NotANumber, and TrainingError if records are damaged or too few, and for a
        step that memory is too small for.
        """
        share = self.settings.batch // self.strategy.num_replicas_in_sync
        with damage_named(self.run.shards), memory_named("train", share, self.settings.pieces):
            self._fit()

    def _fit(self) -> None:
        step = training_step(self.model, self.optimizer, self.objective, self.settings, self.strategy)
        progress, batches = Progress(self.step, self.settings.steps, self.settings.batch), self._batches()
        progress.say(f"fit: {said(self.deterministic)}")
        while self.step < self.settings.steps:
            self._examine(progress)
            progress.begin_step()
            batch = next(batches)
            self.step += 1
            self.unread.add(self.step, step({name: batch[name] for name in INPUTS}), batch["key"])
            due = self.save_points.due(self.step)
            if not (due or progress.first or self._is_logged()):
                continue
            row = self._read(progress)
            if self._is_logged():
                speed = self.watch.rate(row.step)
                self.log.add(row, speed)
                progress.logged(row, speed)
            if due:
                self._save(batch)
        progress.close()

    def _examine(self, progress: Progress) -> None:
        """Measures the model as it is, where that is due and wasn't done before the run was killed."""
        every = self.settings.evaluation.every
        if self.examiner and self.step and self.step % every == 0 and not self.measurements.has(self.step):
            progress.say(self.record(self.examiner.measure(self.model)).line)

    def record(self, found: Examined) -> Measurement:
        """Writes what was measured of the present model, and the time, unless the same was written before."""
        row = Measurement.of(self.step, found)
        if row not in self.measurements.rows:
            self.measurements.add(row)
            self._keep_checkpoints()
            self.watch.lap(MEASURING)
            self.watch.save()
        return row

    def _is_logged(self) -> bool:
        """Returns whether the numbers of the step just done are logged."""
        every = self.settings.evaluation.every
        measured = bool(self.examiner) and every > 0 and self.step % every == 0
        return measured or self.step % self.settings.log_every == 0 or self.step == self.settings.steps

    def _read(self, progress: Progress) -> Row:
        """Waits for the steps since the last reading: the numbers of the last one. Raises NotANumber.

        The first step is read at once, since it is traced; the time of the others counts as training.
        """
        rows = self.unread.read()
        for number, (row, keys) in enumerate(rows):
            if not math.isfinite(row.loss):
                for before, _ in rows[: number + 1]:  # the way into it
                    self.log.add(before, None)
                names = self.unread.names(keys)
                raise NotANumber(f"the loss of step {row.step} is {row.loss}; its batch was {names}")
        last, pairs = rows[-1][0], len(rows) * self.settings.batch
        progress.end_step(last, self.watch.lap(TRACING) if progress.first else self.watch.lap(TRAINING, pairs))
        return last

    def _check_devices(self) -> None:
        replicas = self.strategy.num_replicas_in_sync
        if self.settings.precision == "mixed_float16" and replicas > 1:  # Keras would decide by the first replica alone
            raise TrainingError(
                f"train.precision: mixed_float16 is for one device; with {replicas} it is mixed_bfloat16"
            )
        if self.settings.jit_compile and replicas > 1:
            raise TrainingError(f"train.jit_compile: true is for one device; with {replicas} it is false")
        parts = replicas * self.settings.pieces
        if self.settings.batch % parts:
            raise TrainingError(
                f"train.batch: {self.settings.batch} pairs can't be shared by {parts} (devices times train.pieces)"
            )

    def _check_queue(self) -> None:
        size = self.settings.queue.size
        pairs = self.run.records.count(size)
        if pairs < size:
            raise TrainingError(f"train.queue.size: {size:,} keys are more than the {pairs:,} pairs to train on")

    def _batches(self) -> Iterator[dict[str, Any]]:
        def read(context: tf.distribute.InputContext) -> tf.data.Dataset:
            place = self.places[context.input_pipeline_id]
            pairs = self.run.records.training(place, host())
            size = context.get_per_replica_batch_size(self.settings.batch)
            return pairs.batch(size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)  # endless: only names the shape

        return iter(self.strategy.distribute_datasets_from_function(read))

    @property
    def _state(self) -> dict[str, Any]:
        """Objects with variables that a checkpoint needs."""
        return {"model": self.model, "optimizer": self.optimizer, "objective": self.objective}

    def _resume(self) -> None:
        if held := self.run.held():
            path, arrays, facts = held
            if len(facts["places"]) != len(self.places):
                raise CheckpointError(f"{path}: {len(facts['places'])} hosts wrote it; this run has {len(self.places)}")
            restore(arrays, path, **self._state)
            self.step, self.places = facts["step"], [Position(*place) for place in facts["places"]]
            if host().number == 0:
                self.run.checkpoints.remove_after(self.step)

    def _save(self, batch: dict[str, Any]) -> None:
        last = own_rows(batch["place"], self.strategy)[-1]
        self.places = [Position(*map(int, place)) for place in from_all_hosts(last, self.strategy)]
        if host().number > 0:
            return
        self.log.flush()
        places = [dataclasses.astuple(place) for place in self.places]
        facts = {"step": self.step, "places": places, "run": self.run.facts()}
        self.run.checkpoints.save(self.step, arrays_of(**self._state), facts)
        self._keep_checkpoints()
        self.watch.lap(SAVING)
        self.watch.save()

    def _keep_checkpoints(self) -> None:
        """Removes old checkpoints, but not the best of those that were measured."""
        best = self.measurements.best
        self.run.checkpoints.keep(self.settings.checkpoints.keep, best.step if best else None)
