"""Training, top to bottom: the model, the data, the steps, and what is kept of them."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf
from tqdm import tqdm

from train.checkpoint import arrays_of, load, restore
from train.data import Place
from train.devices import from_all_hosts, host, own_rows
from train.errors import TrainingError
from train.log import Log, Row
from train.model import DualEncoder
from train.optimizer import make_optimizer
from train.run import Run
from train.step import training_step

INPUTS = ("pixels", "tokens")


class NotANumber(TrainingError):
    """The loss is no number any more."""


class Trainer:
    """A run on the devices of `strategy`, as far as its newest checkpoint has it."""

    def __init__(self, run: Run, strategy: tf.distribute.Strategy) -> None:
        """Raises OtherRun, CheckpointError, TrainingError for a batch that the devices can't share."""
        self.run, self.settings, self.strategy = run, run.settings, strategy
        self._check_batch()
        keras.utils.set_random_seed(self.settings.seed + 1)  # beside a 0, a shuffle's own seed can't be a tensor
        tf.config.experimental.enable_op_determinism()
        keras.config.set_dtype_policy(self.settings.precision)
        with strategy.scope():
            synchronized = strategy.num_replicas_in_sync > 1 and self.settings.pieces == 1
            self.model = DualEncoder(self.settings, len(run.tokenizer), synchronized)
            self.optimizer = make_optimizer(self.settings)
            self.optimizer.build(self.model.trainable_variables)
        self.step, self.places = 0, [Place()] * host().of
        self._resume()
        self.log = Log(run.output, self.step)

    def fit(self) -> None:
        """Trains to the last step. Raises NotANumber."""
        step = training_step(self.model, self.optimizer, self.settings, self.strategy)
        bar = tqdm(desc="fit", initial=self.step, total=self.settings.steps, unit="step", disable=None)
        batches = self._batches()
        begin = time.monotonic()
        while self.step < self.settings.steps:
            batch = next(batches)
            values = {name: float(value) for name, value in step({name: batch[name] for name in INPUTS}).items()}
            self.step += 1
            row = Row(self.step, **values)
            self._check(row, batch)
            bar.update()
            if self.step % self.settings.log_every == 0:
                speed = self.settings.log_every * self.settings.batch / (time.monotonic() - begin)
                self.log.add(row, speed)
                bar.set_postfix(loss=f"{row.loss:.3f}", temperature=f"{row.temperature:.4f}", pairs=f"{speed:,.0f}/s")
                begin = time.monotonic()
            if self.step % self.settings.checkpoints.every == 0 or self.step == self.settings.steps:
                self._save(batch)
        bar.close()

    def _check_batch(self) -> None:
        parts = self.strategy.num_replicas_in_sync * self.settings.pieces
        if self.settings.batch % parts:
            raise TrainingError(
                f"train.batch: {self.settings.batch} pairs can't be shared by {parts} (devices times train.pieces)"
            )

    def _batches(self) -> Iterator[dict[str, Any]]:
        def read(context: tf.distribute.InputContext) -> tf.data.Dataset:
            place = self.places[context.input_pipeline_id]
            pairs = self.run.records.training(place, host())
            return pairs.batch(context.get_per_replica_batch_size(self.settings.batch)).prefetch(tf.data.AUTOTUNE)

        return iter(self.strategy.distribute_datasets_from_function(read))

    def _check(self, row: Row, batch: dict[str, Any]) -> None:
        if not math.isfinite(row.loss):
            keys = ", ".join(key.decode(errors="replace") for key in own_rows(batch["key"], self.strategy))
            raise NotANumber(f"the loss of step {row.step} is {row.loss}; the batch was {keys}")

    def _resume(self) -> None:
        if path := self.run.checkpoints.newest():
            arrays, facts = load(path)
            self.run.check(facts["run"])
            restore(arrays, path, model=self.model, optimizer=self.optimizer)
            self.step, self.places = facts["step"], [Place(*place) for place in facts["places"]]

    def _save(self, batch: dict[str, Any]) -> None:
        last = own_rows(batch["place"], self.strategy)[-1]
        self.places = [Place(*map(int, place)) for place in from_all_hosts(last, self.strategy)]
        if host().number > 0:
            return
        self.log.save()
        places = [dataclasses.astuple(place) for place in self.places]
        facts = {"step": self.step, "places": places, "run": self.run.facts()}
        arrays = arrays_of(model=self.model, optimizer=self.optimizer)
        self.run.checkpoints.save(self.step, arrays, facts, self.settings.checkpoints.keep)
