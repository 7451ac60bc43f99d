"""A trained model tuned for retrieval: it goes on learning, from other pairs, with settings of its own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pipeline.files import Output
from pipeline.training.captioned import read_captioned, write_captioned
from pipeline.training.fit import OURS, Material, complete
from pipeline.training.material import Shards, find_shards, load_model, load_vocabulary
from pipeline.training.recall_lines import recall_lines
from pipeline.training.transfer_options import Options
from pipeline.training.transfer_output import claim, facts_of_run
from train.devices import strategy
from train.fit import Trainer
from train.run import Run, check_records


@dataclass(frozen=True)
class Pairs:
    """What is trained on, and what is measured on: shards of its own, or what of the first is held out."""

    shards: Shards
    test: tuple[str, ...] = ()


def run(options: Options) -> None:
    """Trains, measures and writes as `fit` does, and tells the recalls. Raises InputError, OtherRun and others."""
    devices = strategy(options.devices)
    trained, vocabulary = load_model(options.model, options.settings), load_vocabulary(options.model)
    output = Output(options.output)
    claim(output, facts_of_run(options, trained), OURS, options.overwrite)
    pairs = _pairs(options, output)
    tuned = Run(
        pairs.shards.paths, trained.tokenizer, vocabulary.sha256, trained.settings, output.root, trained.weights
    )
    check_records(tuned.shards)
    trainer = Trainer(tuned, devices, trained.model)
    measured = dataclasses.replace(tuned.records, shards=pairs.test or tuned.shards)
    material = Material(options.config.name, pairs.shards, vocabulary)
    retrieval = complete(trainer, material, measured, held_out=not pairs.test)
    print("\n".join(recall_lines(retrieval)))
    print(f"{options.output}/report.html shows the curves")


def _pairs(options: Options, output: Output) -> Pairs:
    if options.records is not None:
        return Pairs(find_shards(options.records))
    assert options.captions is not None
    data = options.config.transfer.data
    parts = {part: read_captioned(options.captions, options.images, part) for part in (data.train, data.test)}
    training, test = (write_captioned(output, part, pictures) for part, pictures in parts.items())
    count = sum(len(picture.captions) for picture in parts[data.train])
    return Pairs(Shards(training, {"name": options.captions.rpartition("/")[2], "records": count}), test)
