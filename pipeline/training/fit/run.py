"""A training from end to end: what is read, the steps, retrieval of what was held out, and what is written of it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.files import Output
from pipeline.training.fit.options import Options
from pipeline.training.fit.page import training_page
from pipeline.training.material import Shards, Vocabulary, find_shards, load_vocabulary
from pipeline.training.recall_lines import recall_lines
from train.data import Records, damage_named
from train.devices import host, strategy
from train.evaluate import Retrieval, evaluate
from train.fit import Trainer
from train.run import Run, check_records
from vocab.hugging_face import TOKENIZER, TOKENIZER_CONFIG
from vocab.wordpiece import FACTS as VOCABULARY_FACTS
from vocab.wordpiece import FILE as VOCABULARY

REPORT, FACTS, LOG = "report.html", "model.json", "log.csv"
TOWERS = ("image_tower.keras", "text_tower.keras")
VOCABULARIES = (VOCABULARY, VOCABULARY_FACTS, TOKENIZER, TOKENIZER_CONFIG)
OURS = (REPORT, FACTS, LOG, "checkpoints", "tensorboard", *VOCABULARIES, *TOWERS)  # --overwrite removes


@dataclass(frozen=True)
class Material:
    """What a model is made from, and the name of its config."""

    name: str
    shards: Shards
    vocabulary: Vocabulary


def run(options: Options) -> None:
    """Trains, measures, writes, and tells the recalls. Raises InputError and others."""
    retrieval = fit(options)
    print("\n".join(recall_lines(retrieval)))
    print(f"{options.output}/report.html shows the curves")


def fit(options: Options) -> Retrieval:
    """Trains, measures retrieval on what was held out, and writes what is left of it. Raises InputError and others."""
    config, output = options.config, Output(options.output)
    shards = find_shards(options.records)
    vocabulary = load_vocabulary(options.vocab)
    _warn_of_other(vocabulary, shards)
    if options.overwrite:
        for name in OURS:
            output.remove(output.path(name))
    run = Run(shards.paths, vocabulary.tokenizer, vocabulary.sha256, config.train, output.root)
    devices = strategy(options.devices)  # before TensorFlow is used
    check_records(run.shards)
    trainer = Trainer(run, devices)
    return complete(trainer, Material(config.name, shards, vocabulary), run.records, held_out=True)


def complete(trainer: Trainer, material: Material, measured: Records, held_out: bool) -> Retrieval:
    """Trains to the last step, and writes what is left of it; measures retrieval on `measured`, or its held-out pairs.

    Raises TrainingError.
    """
    trainer.fit()
    with damage_named(measured.shards):
        pairs = measured.evaluation(held_out)
        retrieval = evaluate(trainer.model, pairs, trainer.settings.evaluation)
    if host().number == 0:
        _write(Output(trainer.run.output), trainer, retrieval, material)
    return retrieval


def _warn_of_other(vocabulary: Vocabulary, shards: Shards) -> None:
    made_from, corpus = vocabulary.corpus.get("sha256"), shards.corpus.get("sha256")
    if made_from and corpus and made_from != corpus:
        print(
            f"train: the vocabulary in {vocabulary.folder} was made from another corpus than these records",
            file=sys.stderr,
        )


def _facts(material: Material, trainer: Trainer) -> dict[str, Any]:
    """What `model.json` says of a model, without time, host or place."""
    shards, vocabulary = material.shards, material.vocabulary
    return {
        "name": material.name,
        "corpus": {**shards.corpus, "shards": len(shards.paths)},
        "vocabulary": {
            "size": len(vocabulary.tokenizer),
            "profile": vocabulary.tokenizer.profile,
            "sha256": vocabulary.sha256,
        },
        "parameters": {"images": trainer.model.images.count_params(), "texts": trainer.model.texts.count_params()},
        "steps": trainer.step,
        "skipped": sum(place.bad for place in trainer.places),
        "train": dataclasses.asdict(trainer.settings),
    }


def _write(output: Output, trainer: Trainer, retrieval: Retrieval, material: Material) -> None:
    """The towers, the vocabulary beside them, the facts and the page, which is written last."""
    facts, vocabulary = _facts(material, trainer), material.vocabulary
    trainer.log.save()
    with TemporaryDirectory() as folder:  # Keras saves to local paths
        for name, tower in zip(TOWERS, (trainer.model.images, trainer.model.texts), strict=True):
            tower.save(f"{folder}/{name}")
            with output.write(name) as file, open(f"{folder}/{name}", "rb") as saved:
                shutil.copyfileobj(saved, file)
    for name in VOCABULARIES:
        if (vocabulary.folder / name).exists():
            output.write_bytes(name, (vocabulary.folder / name).read_bytes())
    content = json.dumps({**facts, "retrieval": dataclasses.asdict(retrieval)}, indent=1)
    output.write_bytes(FACTS, f"{content}\n".encode())
    output.write_bytes(REPORT, training_page(facts, trainer.log.rows, retrieval))
    output.remove(output.path("work"))  # where files were written aside
