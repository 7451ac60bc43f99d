"""VTAB's protocol over the sets in a folder; what learns is a classifier on a trained model's image tower."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.commands.train.material import load_model
from pipeline.commands.train.transfer.labelled_sets import facts_of, load_set
from pipeline.commands.train.transfer.options import Options
from pipeline.commands.train.transfer.output import RESULT, claim, facts_of_run, write_json
from pipeline.files import Output, read_bytes
from pipeline.printable import tell
from train.devices import strategy
from train.sets.files import BadSet, NotThere
from train.transfer.classifier import Accuracy, measure
from train.transfer.config import Groups, Transfer
from train.transfer.labelled import Labelled
from train.transfer.phase import TransferTask, forget, prepare
from train.transfer.vtab import Parts, Trial, draw_trials, means, parts_of, search

TRIALS = "trials.json"


def run(options: Options) -> None:
    """Searches, trains and measures on every set, and tells the accuracies and their means.

    Raises InputError, OtherTraining, BadSet and others.
    """
    devices = strategy(options.devices)
    trained, transfer = load_model(options.model, options.settings), options.config.transfer
    seed, output = trained.settings.seed, Output(options.output)
    sets = {name: Set.load(f"{options.images}/{name}", transfer, seed) for name in _names(options.images)}
    facts = {**facts_of_run(options, trained), "sets": {name: one.facts() for name, one in sets.items()}}
    facts |= {name: dataclasses.asdict(getattr(transfer, name)) for name in ("classification", "vtab")}
    claim(output, facts, (TRIALS,), options.overwrite)
    sweep = Sweep(prepare(trained, transfer.classification, devices), draw_trials(transfer.vtab, seed), output)
    found = {name: sweep.accuracy(name, pictures) for name, pictures in sets.items()}
    mean = means({name: accuracy.top1 for name, accuracy in found.items()}, transfer.vtab.groups)
    tell(*_lines(found, mean, transfer.vtab.groups), error=False)
    accuracies = {name: dataclasses.asdict(accuracy) for name, accuracy in found.items()}
    write_json(output, RESULT, {**facts, "accuracy": accuracies, "mean": mean})
    output.clear_work()  # where files were written aside


@dataclass(frozen=True)
class Set:
    """Pictures to train on, and which of them trials take; the test pictures."""

    training: Labelled
    parts: Parts
    test: Labelled

    @classmethod
    def load(cls, root: str, transfer: Transfer, seed: int) -> Set:
        """Raises BadSet, also for too few pictures."""
        training, test = load_set(root, transfer.data)
        try:
            return cls(training, parts_of(training.by_hash(seed), transfer.vtab), test)
        except ValueError as error:
            raise BadSet(f"{root}: {error}") from error

    def facts(self) -> dict[str, Any]:
        """Returns what identifies the task."""
        return {"train": facts_of(self.training), "test": facts_of(self.test)}


@dataclass(frozen=True)
class Sweep:
    """The trials of a set, what they come to being kept in the output."""

    task: TransferTask
    trials: list[Trial]
    output: Output

    def accuracy(self, name: str, pictures: Set) -> Accuracy:
        """Retrains the best trial on train and validation images; returns its accuracy on the test images."""
        known = self._known()
        of_set = known.setdefault(name, {"validation": [], "test": None})

        def run(trial: Trial) -> float:
            return self._reach(trial, pictures, pictures.parts.training, pictures.parts.validation).top1

        def note(number: int, accuracy: float) -> None:
            of_set["validation"].append(accuracy)
            write_json(self.output, TRIALS, known)
            _say(f"{name}: trial {number + 1:,} of {len(self.trials):,}, {accuracy:.1%}: {self.trials[number]}")

        best = search(self.trials, of_set["validation"], run, note)
        if of_set["test"] is None:
            found = self._reach(self.trials[best], pictures, pictures.parts.both)
            of_set.update(test=dataclasses.asdict(found), best=dataclasses.asdict(self.trials[best]))
            write_json(self.output, TRIALS, known)
        return Accuracy(**of_set["test"])

    def _reach(self, trial: Trial, pictures: Set, learned: np.ndarray, measured: np.ndarray | None = None) -> Accuracy:
        """Trains a classifier; returns its accuracy on validation or test images."""
        forget()  # the trial before
        settings = self.task.settings.varied(**dataclasses.asdict(trial))
        task = dataclasses.replace(self.task, settings=settings)
        *_, (phase, model) = task.phases(pictures.training.take(learned))
        test = pictures.test if measured is None else pictures.training.take(measured)
        return measure(model, test, task.view(settings.phases[phase].test_size))

    def _known(self) -> dict[str, Any]:
        path = self.output.path(TRIALS)
        return dict(json.loads(read_bytes(path))) if self.output.has(TRIALS) else {}


def _names(root: str) -> list[str]:
    """The folders in a folder, one for each set. Raises NotThere, BadSet."""
    if not Path(root).is_dir():
        raise NotThere(f"{root}: no such folder")
    names = sorted(file.name for file in Path(root).iterdir() if file.is_dir() and not file.name.startswith("."))
    if not names:
        raise BadSet(f"{root}: no folder in it; each set is one")
    return names


def _lines(found: Mapping[str, Accuracy], mean: Mapping[str, float], groups: Groups) -> list[str]:
    """A table of the sets, and the means."""
    width = max(map(len, [*found, *mean])) + 2
    lines = [
        f"{name:<{width}}{accuracy.top1:6.1%}  of {accuracy.pictures:7,} pictures   {groups.of(name) or ''}".rstrip()
        for name, accuracy in found.items()
    ]
    return [*lines, *(f"{name:<{width}}{share:6.1%}  the mean" for name, share in mean.items())]


def _say(line: str) -> None:
    tell(line)
