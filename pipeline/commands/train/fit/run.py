"""A training from end to end: what is read, the steps, retrieval of what was held out, and what is written of it."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.commands.train.fit.options import Options
from pipeline.commands.train.fit.page import training_page
from pipeline.commands.train.material import Shards, Vocabulary, find_shards, load_vocabulary
from pipeline.commands.train.recall_lines import recall_lines
from pipeline.files import Output
from pipeline.printable import tell
from pipeline.storage.overwriting import make_room
from train.devices import host, strategy
from train.evaluate import Retrieval, TooFewPictures
from train.examiner import Examined, Examiner
from train.fit import Trainer
from train.measurements import FILE as EVALUATION
from train.retrieval import NotMeasured
from train.run import Run, check_records
from train.times import FILE as TIMING
from train.times import SAVING, read_times
from vocab.hugging_face import TOKENIZER, TOKENIZER_CONFIG
from vocab.wordpiece import FACTS as VOCABULARY_FACTS
from vocab.wordpiece import FILE as VOCABULARY

REPORT, FACTS, LOG = "report.html", "model.json", "log.csv"
TOWERS = ("image_tower.keras", "text_tower.keras")
VOCABULARIES = (VOCABULARY, VOCABULARY_FACTS, TOKENIZER, TOKENIZER_CONFIG)
RESULTS = (REPORT, FACTS, LOG, EVALUATION, TIMING)
FEW = 100  # batches in a corpus; pairs are counted in a smaller one
OVERWRITTEN = (*RESULTS, "checkpoints", "tensorboard", *VOCABULARIES, *TOWERS)  # --overwrite removes


@dataclass(frozen=True)
class TrainedFrom:
    """The sources of a model, and the name of its config."""

    name: str
    shards: Shards
    vocabulary: Vocabulary


def run(options: Options) -> None:
    """Trains, measures, writes, and tells the recalls. Raises InputError and others."""
    retrieval = fit(options)
    print("\n".join(recall_lines(retrieval)))
    tell(f"{options.output}/report.html shows the curves", error=False)


def fit(options: Options) -> Retrieval | NotMeasured:
    """Trains, writes the towers, measures retrieval on what was held out. Raises InputError and others."""
    config, output = options.config, Output(options.output)
    shards = find_shards(options.records)
    vocabulary = load_vocabulary(options.vocab, f"; {_makes_vocabulary(options)}")
    _warn_of_other(vocabulary, shards)
    if not config.train.data.held_out:
        tell("train: train.data.held_out=0 holds out no picture, so recall won't be measured")
    make_room(output, OVERWRITTEN, options.overwrite)
    run = Run(
        shards.paths,
        vocabulary.tokenizer,
        vocabulary.sha256,
        config.train,
        output.root,
        resume_from=options.resume_from,
    )
    devices = strategy(options.devices)  # before TensorFlow is used
    check_records(run.shards)
    examiner = Examiner(run.records, held_out=True, settings=run.settings)
    trainer = Trainer(run, devices, examiner=on_the_way(examiner))
    return complete(trainer, TrainedFrom(config.name, shards, vocabulary), examiner)


def _makes_vocabulary(options: Options) -> str:
    corpus = options.records.corpus
    if options.vocab != f"{corpus}/vocab":
        return "python -m vocab makes one"
    return f"python -m vocab --corpus={corpus} --output={options.vocab} makes it"


def on_the_way(examiner: Examiner) -> Examiner | None:
    """`examiner`, if it is to measure before the last step.

    Counts what can be measured before anything is trained, and tells it. Raises TrainingError.
    """
    every, steps = examiner.settings.evaluation.every, examiner.settings.steps
    if host().number > 0 or (examiner.held_out and not examiner.settings.data.held_out):
        return None
    if few := examiner.keep():
        tell(f"train: {few.reason}, where recall takes two at least: nothing is measured; see train.data.held_out")
        return None
    tell(f"train: recall is measured on {examiner.says}")
    if every > steps:
        tell(f"train: train.evaluation.every={every:,} is over the {steps:,} steps: only the end is measured")
    return examiner if 0 < every <= steps else None


def complete(trainer: Trainer, material: TrainedFrom, examiner: Examiner) -> Retrieval | NotMeasured:
    """Trains to the last step, writes what was learned, and measures it.

    Vocabulary and facts are written before the first step, for commands that take a checkpoint; what is trained,
    before it is measured, which may fail. Raises TrainingError.
    """
    output, writes = Output(trainer.run.output), host().number == 0
    if writes and trainer.step < trainer.settings.steps:
        _write_vocabulary(output, material.vocabulary)
        _write_facts(output, _facts(material, trainer))
        _tell_of_pairs_twice(trainer, material.shards)
    trainer.fit()
    if writes:
        _write_model(output, trainer, material)
    found = _measure(trainer, examiner)
    retrieval = found.retrieval if isinstance(found, Examined) else found
    if writes:
        if isinstance(found, Examined):
            trainer.record(found)
            _tell_best(trainer)
        _write_results(output, trainer, retrieval, material)
    return retrieval


def _tell_best(trainer: Trainer) -> None:
    """Tells the checkpoint of the best measurement, where that isn't the last."""
    best, last = trainer.measurements.best, trainer.measurements.rows[-1]
    if best and best.step != last.step:
        path = trainer.run.checkpoints.path(best.step)
        found = f"{best.quality} after step {best.step:,}, {last.quality} at the end"
        tell(f"train: mean recall was best on the way, {found}; --model={path} takes that checkpoint")


def _tell_of_pairs_twice(trainer: Trainer, shards: Shards) -> None:
    """Tells of a corpus so small that many batches hold a pair twice."""
    batch = trainer.settings.batch
    if shards.corpus.get("records", 0) >= FEW * batch:
        return
    pairs = trainer.run.records.count(2 * batch)
    if 0 < pairs < 2 * batch:  # none is an error, which the first batch tells
        tell(f"train: pairs to learn: {pairs:,}; batches of {batch:,} hold some twice, as their own wrong candidates")


def _measure(trainer: Trainer, examiner: Examiner) -> Examined | NotMeasured:
    try:
        return examiner.measure(trainer.model)
    except TooFewPictures as error:
        return examiner.too_few(error.pictures)


def _warn_of_other(vocabulary: Vocabulary, shards: Shards) -> None:
    made_from, corpus = vocabulary.corpus.get("sha256"), shards.corpus.get("sha256")
    if made_from and corpus and made_from != corpus:
        tell(f"train: the vocabulary in {vocabulary.folder} was made from another corpus than these records")


def _facts(material: TrainedFrom, trainer: Trainer, retrieval: Retrieval | NotMeasured | None = None) -> dict[str, Any]:
    """Returns the content of `model.json`, without time, host or path: recalls that weren't measured are null."""
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
        "retrieval": dataclasses.asdict(retrieval) if isinstance(retrieval, Retrieval) else None,
    }


def _write_model(output: Output, trainer: Trainer, material: TrainedFrom) -> None:
    """The towers, and the vocabulary and facts beside them."""
    with TemporaryDirectory() as folder:  # Keras saves to local paths
        for name, tower in zip(TOWERS, (trainer.model.images, trainer.model.texts), strict=True):
            tower.save(f"{folder}/{name}")
            with output.write(name) as file, open(f"{folder}/{name}", "rb") as saved:
                shutil.copyfileobj(saved, file)
    trainer.watch.lap(SAVING)
    _write_vocabulary(output, material.vocabulary)
    _write_facts(output, _facts(material, trainer))


def _write_vocabulary(output: Output, vocabulary: Vocabulary) -> None:
    for name in reversed(VOCABULARIES):  # vocab.txt last: with it the others are there
        if (vocabulary.folder / name).exists():
            output.write_bytes(name, (vocabulary.folder / name).read_bytes())


def _write_facts(output: Output, facts: Mapping[str, Any]) -> None:
    output.write_bytes(FACTS, f"{json.dumps(facts, indent=1)}\n".encode())


def _write_results(output: Output, trainer: Trainer, retrieval: Retrieval | NotMeasured, material: TrainedFrom) -> None:
    """The facts, and the page, which is written last."""
    facts = _facts(material, trainer, retrieval)
    _write_facts(output, facts)
    times = read_times(output.path(TIMING))
    output.write_bytes(REPORT, training_page(facts, trainer.log.rows, retrieval, trainer.measurements.rows, times))
    output.clear_work()  # where files were written aside
