"""A classifier on the image tower of a trained model: its head alone, then the whole."""

from __future__ import annotations

import dataclasses
import shutil
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.commands.train.material import load_model
from pipeline.commands.train.transfer.labelled_sets import facts_of, load_set
from pipeline.commands.train.transfer.options import Options
from pipeline.commands.train.transfer.output import RESULT, claim, facts_of_run, write_json
from pipeline.files import Output
from train.checkpoint import Checkpoints
from train.devices import strategy
from train.trained import Trained
from train.transfer.classifier import Accuracy, measure
from train.transfer.phase import prepare
from train.transfer.phase_checkpoint import PhaseCheckpoint

CLASSIFIER, CLASSES = "classifier.keras", "classes.txt"
OVERWRITTEN = ("checkpoints", CLASSIFIER, CLASSES)


def run(options: Options) -> None:
    """Trains each phase, measures it, writes the last classifier, and tells the accuracies.

    Raises InputError, OtherTraining, BadSet and others.
    """
    devices = strategy(options.devices)
    trained = load_model(options.model, options.settings)
    transfer, output = options.config.transfer, Output(options.output)
    training, test = load_set(options.images, transfer.data)
    facts = {"train": facts_of(training), "test": facts_of(test), "classes": len(training.classes)}
    facts |= {**facts_of_run(options, trained), "classification": dataclasses.asdict(transfer.classification)}
    claim(output, facts, OVERWRITTEN, options.overwrite)
    task = prepare(trained, transfer.classification, devices)
    found: dict[str, Accuracy] = {}
    for name, model in task.phases(training, lambda phase: _checkpoint(output, phase, trained)):
        found[name] = measure(model, test, task.view(transfer.classification.phases[name].test_size))
        print(accuracy_line(name, found[name]), flush=True)
    _write_classifier(output, model)
    output.write_bytes(CLASSES, "".join(f"{name}\n" for name in training.classes).encode())
    write_json(output, RESULT, facts | {"accuracy": {name: dataclasses.asdict(one) for name, one in found.items()}})
    output.clear_work()  # where files were written aside


def accuracy_line(name: str, accuracy: Accuracy) -> str:
    """Formats the results of a classifier."""
    return f"{name:<6} top-1 {accuracy.top1:6.1%}   top-5 {accuracy.top5:6.1%}   of {accuracy.pictures:,} pictures"


def _checkpoint(output: Output, phase: str, trained: Trained) -> PhaseCheckpoint:
    return PhaseCheckpoint(Checkpoints(output.path(f"checkpoints/{phase}")), trained.settings.checkpoints.every)


def _write_classifier(output: Output, model: Any) -> None:
    with TemporaryDirectory() as folder:  # Keras saves to local paths
        model.save(f"{folder}/{CLASSIFIER}")
        with output.write(CLASSIFIER) as file, open(f"{folder}/{CLASSIFIER}", "rb") as saved:
            shutil.copyfileobj(saved, file)
