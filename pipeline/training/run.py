"""A training from end to end, and the measurement of a trained model."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.config import Config
from pipeline.files import Output, write_file
from pipeline.inputs import InputError
from pipeline.training.material import Shards, Vocabulary, find_shards, load_vocabulary
from pipeline.training.options import Options
from pipeline.training.page import training_page
from train.checkpoint import Checkpoints, load, restore
from train.config import Train
from train.data import damage_named
from train.devices import host, strategy
from train.evaluate import Retrieval
from train.evaluate import evaluate as measure
from train.fit import Trainer
from train.model import DualEncoder
from train.run import Run, check_records
from vocab.wordpiece import FACTS as VOCABULARY_FACTS
from vocab.wordpiece import FILE as VOCABULARY

REPORT, FACTS, LOG = "report.html", "model.json", "log.csv"
TOWERS = ("image_tower.keras", "text_tower.keras")
OURS = (REPORT, FACTS, LOG, "checkpoints", "tensorboard", VOCABULARY, VOCABULARY_FACTS, *TOWERS)  # --overwrite removes
_EVALUATED = 256  # pairs embedded at once


def fit(options: Options) -> Retrieval:
    """Trains, measures retrieval on what was held out, and writes what is left of it. Raises InputError and others."""
    config, output = options.settle(), Output(options.model)
    shards = find_shards(options)
    vocabulary = load_vocabulary(options.vocab or f"{options.corpus}/vocab")
    _warn_of_other(vocabulary, shards)
    if options.overwrite:
        for name in OURS:
            output.remove(output.path(name))
    run = Run(shards.paths, vocabulary.tokenizer, vocabulary.sha256, config.train, output.root)
    devices = strategy(options.devices)  # before TensorFlow is used
    check_records(run.shards)
    trainer = Trainer(run, devices)
    trainer.fit()
    retrieval = _measured(trainer.model, run, config.train, held_out=True)
    if host().number == 0:
        _write(output, trainer, retrieval, _facts(config, shards, vocabulary, trainer), vocabulary)
    return retrieval


def evaluate(options: Options) -> Retrieval:
    """Retrieval with the newest checkpoint of a model. Raises InputError, CheckpointError, TooFewPictures."""
    path = Checkpoints(f"{options.model}/checkpoints").newest()
    if path is None:
        raise InputError(f"model: {options.model} holds no checkpoint of python -m train fit")
    arrays, facts = load(path)
    settings = options.settle(json.dumps({"train": facts["run"]["train"]})).train
    vocabulary = load_vocabulary(options.vocab or options.model)
    if vocabulary.sha256 != facts["run"]["vocabulary"]:
        raise InputError(f"vocab: {vocabulary.folder} isn't the vocabulary that {path} was trained with")
    model = DualEncoder(settings, len(vocabulary.tokenizer))
    restore(arrays, path, model=model)
    run = Run(find_shards(options).paths, vocabulary.tokenizer, vocabulary.sha256, settings, options.model)
    check_records(run.shards)
    retrieval = _measured(model, run, settings, held_out=not options.everything)
    if options.numbers is not None:
        with write_file(options.numbers) as file:
            file.write(_json(dataclasses.asdict(retrieval)))
    return retrieval


def _measured(model: DualEncoder, run: Run, settings: Train, held_out: bool) -> Retrieval:
    with damage_named(run.shards):
        return measure(model, run.records.evaluation(held_out), settings.evaluation, _EVALUATED)


def _warn_of_other(vocabulary: Vocabulary, shards: Shards) -> None:
    made_from, corpus = vocabulary.corpus.get("sha256"), shards.corpus.get("sha256")
    if made_from and corpus and made_from != corpus:
        print(
            f"train: the vocabulary in {vocabulary.folder} was made from another corpus than these records",
            file=sys.stderr,
        )


def _facts(config: Config, shards: Shards, vocabulary: Vocabulary, trainer: Trainer) -> dict[str, Any]:
    """What `model.json` says of a model, without time, host or place."""
    return {
        "name": config.name,
        "corpus": {**shards.corpus, "shards": len(shards.paths)},
        "vocabulary": {
            "size": len(vocabulary.tokenizer),
            "profile": vocabulary.tokenizer.profile,
            "sha256": vocabulary.sha256,
        },
        "parameters": {"images": trainer.model.images.count_params(), "texts": trainer.model.texts.count_params()},
        "steps": trainer.step,
        "skipped": sum(place.bad for place in trainer.places),
        "train": dataclasses.asdict(config.train),
    }


def _write(
    output: Output, trainer: Trainer, retrieval: Retrieval, facts: dict[str, Any], vocabulary: Vocabulary
) -> None:
    """The towers, the vocabulary beside them, the facts and the page, which is written last."""
    trainer.log.save()
    with TemporaryDirectory() as folder:  # Keras saves to local paths
        for name, tower in zip(TOWERS, (trainer.model.images, trainer.model.texts), strict=True):
            tower.save(f"{folder}/{name}")
            with output.write(name) as file, open(f"{folder}/{name}", "rb") as saved:
                shutil.copyfileobj(saved, file)
    for name in (VOCABULARY, VOCABULARY_FACTS):
        if (vocabulary.folder / name).exists():
            output.write_bytes(name, (vocabulary.folder / name).read_bytes())
    output.write_bytes(FACTS, _json({**facts, "retrieval": dataclasses.asdict(retrieval)}))
    output.write_bytes(REPORT, training_page(facts, trainer.log.rows, retrieval))
    output.remove(output.path("work"))  # where files were written aside


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
