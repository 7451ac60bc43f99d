"""The options of `python -m train fit`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import whole_number
from pipeline.commands.command import Command
from pipeline.commands.configs import config_names
from pipeline.commands.train.options import (
    Records,
    add_from,
    add_records,
    errors,
    resume_from,
    settle,
    split,
    writing_folder,
)
from pipeline.config import Config
from pipeline.importing import importing
from pipeline.remote import Storage


@dataclass(frozen=True)
class Options:
    """A run: its pairs, vocabulary and config, and the folder it is written to."""

    records: Records
    vocab: str
    config: Config
    output: str
    devices: int | None
    overwrite: bool
    resume_from: str = ""

    @property
    def storage(self) -> Storage:
        """The settings of requests to storage."""
        return self.config.storage


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Options:
    """Exits with 2 and one line where something is wrong."""
    add_records(parser)
    add = parser.add_argument
    add("--config", metavar="NAME|FILE", required=True, help=f"settings: {', '.join(config_names())}, or a YAML file")
    add("--vocab", metavar="DIR", help="of python -m vocab, or a vocab.txt (default: vocab below the corpus)")
    add("--output", metavar="DIR", required=True, help="where checkpoints, towers, logs and report.html go")
    add("--devices", metavar="N", type=whole_number, help="accelerators, or parts of the CPU (default: all; 1)")
    add("--overwrite", action="store_true", help="replace another run in the output")
    add_from(parser)
    ours, settings = split(parser, arguments)
    records = Records.of(parser, ours)
    if records.corpus is None and ours.vocab is None:
        parser.error("--records need --vocab")
    config = settle(parser, ours.config, settings)
    vocab = ours.vocab or f"{records.corpus}/vocab"
    return Options(records, vocab, config, ours.output, ours.devices, ours.overwrite, resume_from(parser, ours))


def run(options: Options, _: str) -> None:
    """Trains. Raises InputError, NoRecords, OtherRun, TrainingError, Held."""
    with writing_folder("fit", options.output):
        with importing():
            from pipeline.commands.train.fit.run import run

        run(options)


FIT = Command(
    "fit",
    "train a dual encoder; resumes a killed run, and ends with retrieval of held-out images",
    parse,
    run,
    errors,
    loads="TensorFlow",
    resumes=True,
)
