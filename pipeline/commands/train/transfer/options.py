"""The options of `python -m train transfer`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import read_file, whole_number
from pipeline.commands.command import Command
from pipeline.commands.train.options import (
    Records,
    Settings,
    add_from,
    add_records,
    errors,
    resume_from,
    split,
    writing_folder,
)
from pipeline.config import Config, config_of, load_tree
from pipeline.importing import importing
from pipeline.page.parts import flat
from pipeline.remote import Storage
from pipeline.settings import ConfigError, shown

PAIRS = "give --captions with --images, --corpus or --records, one of them"


@dataclass(frozen=True)
class Options:
    """A trained model, what it is to learn and from what, and the folder for what comes of it.

    `settings` are those of the section `train`, which are put over the model's own.
    """

    model: str
    config: Config
    settings: Settings
    images: str
    captions: str | None
    records: Records | None
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
    add("--model", metavar="DIR", required=True, help="the output of python -m train fit, or a checkpoint in it")
    add("--config", metavar="NAME|FILE", required=True, help="settings by name, or a YAML file")
    add(
        "--images", metavar="DIR", help="classes in folders, or a TFDS set; for vtab sets of them; --captions' pictures"
    )
    add("--captions", metavar="FILE", help="for retrieval: the JSON of Karpathy's splits, such as dataset_coco.json")
    add("--output", metavar="DIR", required=True, help="where checkpoints, what was learned and its numbers go")
    add("--devices", metavar="N", type=whole_number, help="accelerators, or parts of the CPU (default: all; 1)")
    add("--overwrite", action="store_true", help="replace another transfer in the output")
    add_from(parser)
    ours, given = split(parser, arguments)
    try:
        config, settings = _configs(ours.config, given)
    except ConfigError as error:
        parser.error(str(error))
    records = _material(parser, ours, config.transfer.task)
    if ours.resume_from and config.transfer.task != "retrieval":
        parser.error(f"{config.transfer.task} keeps its newest checkpoint alone: --from is for retrieval")
    return Options(
        ours.model,
        config,
        settings,
        ours.images or "",
        ours.captions,
        records,
        ours.output,
        ours.devices,
        ours.overwrite,
        resume_from(parser, ours),
    )


def _configs(path: str, given: Settings) -> tuple[Config, Settings]:
    """The config without its section `train`, and the settings of that. Raises ConfigError."""
    tree = load_tree(read_file(path, "transfer"), given, f"--config={path}")
    train = tree.pop("train", None) or {}
    if not isinstance(train, Mapping):
        raise ConfigError(f"train: {shown(train)} is no section")
    return config_of(tree), tuple(flat(train, "train."))


def _material(parser: argparse.ArgumentParser, ours: argparse.Namespace, task: str) -> Records | None:
    """Records, if there are any. Exits with 2 unless there is what the task learns from, and nothing else."""
    recorded = ours.corpus is not None or ours.records is not None
    if task != "retrieval":
        if recorded or ours.captions or not ours.images:
            parser.error(f"{task} takes --images, and neither --captions, --corpus nor --records")
        return None
    if recorded == bool(ours.captions) or bool(ours.captions) != bool(ours.images):
        parser.error(f"retrieval: {PAIRS}")
    return Records.of(parser, ours) if recorded else None


def run(options: Options, _: str) -> None:
    """Tunes a model. Raises InputError, ConfigError, OtherRun, TrainingError, Held."""
    with writing_folder("transfer", options.output):
        with importing():
            from pipeline.commands.train.transfer.run import run

        run(options)


TRANSFER = Command(
    "transfer",
    "tune a trained model for retrieval, or learn classes on its image tower",
    parse,
    run,
    errors,
    loads="TensorFlow",
    resumes=True,
)
