"""Fine-tunes a trained model for retrieval, on other pairs, with settings of its own."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

from pipeline.commands.train.fit.run import OVERWRITTEN, TrainedFrom, complete, on_the_way
from pipeline.commands.train.material import Shards, find_shards, load_model, load_vocabulary, model_folder
from pipeline.commands.train.recall_lines import recall_lines
from pipeline.commands.train.transfer.captioned import read_captioned, write_captioned
from pipeline.commands.train.transfer.options import Options
from pipeline.commands.train.transfer.output import claim, facts_of_run
from pipeline.files import Output
from pipeline.printable import tell
from train.devices import strategy
from train.examiner import Examiner
from train.fit import Trainer
from train.run import Run, check_records
from train.sets.karpathy import Captioned


@dataclass(frozen=True)
class Pairs:
    """Training and test pairs: test pairs have shards of their own, or are held out of the training shards."""

    shards: Shards
    test: tuple[str, ...] = ()


def run(options: Options) -> None:
    """Trains, measures and writes as `fit` does, and tells the recalls. Raises InputError, OtherTraining and others."""
    devices, output = strategy(options.devices), Output(options.output)
    trained, vocabulary = load_model(options.model, options.settings), load_vocabulary(model_folder(options.model))
    captioned = _captioned(options)
    claim(output, facts_of_run(options, trained), OVERWRITTEN, options.overwrite)
    pairs = _pairs(options, output, captioned)
    run = Run(
        pairs.shards.paths,
        trained.tokenizer,
        vocabulary.sha256,
        trained.settings,
        output.root,
        trained.weights,
        options.resume_from,
    )
    check_records(run.shards)
    measured = dataclasses.replace(run.records, shards=pairs.test or run.shards)
    examiner = Examiner(measured, held_out=not pairs.test, settings=run.settings)
    trainer = Trainer(run, devices, trained.model, on_the_way(examiner))
    retrieval = complete(trainer, TrainedFrom(options.config.name, pairs.shards, vocabulary), examiner)
    print("\n".join(recall_lines(retrieval)))
    tell(f"{options.output}/report.html shows the curves", error=False)


def _captioned(options: Options) -> list[list[Captioned]]:
    """The pictures to train on, and those to measure on; none where there are records."""
    if options.captions is None:
        return []
    data = options.config.transfer.data
    return [read_captioned(options.captions, options.images, part) for part in (data.train, data.test)]


def _pairs(options: Options, output: Output, captioned: list[list[Captioned]]) -> Pairs:
    if options.records is not None:
        return Pairs(find_shards(options.records))
    training, test = (
        write_captioned(output, name, pictures) for name, pictures in zip(("train", "test"), captioned, strict=True)
    )
    records = sum(len(picture.captions) for picture in captioned[0])
    return Pairs(Shards(training, {"name": os.path.basename(options.captions or ""), "records": records}), test)
