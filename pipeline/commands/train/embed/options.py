"""The options of `python -m train embed`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import add_storage, split_globs
from pipeline.commands.command import Command
from pipeline.commands.train.options import Records, add_records, errors, refuse_settings, split, writing_folder
from pipeline.remote import Storage


@dataclass(frozen=True)
class Options:
    """A model, the pictures it sees, and the folder of the index."""

    model: str
    images: tuple[str, ...]
    records: Records | None
    output: str
    faiss: bool
    overwrite: bool
    storage: Storage = Storage()


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Options:
    """Exits with 2 and one line where something is wrong."""
    add = parser.add_argument
    add("--images", metavar="DIR|GLOB[,…]", type=split_globs, help="folders or globs of pictures, tars, tables")
    add_records(parser)
    add("--model", metavar="DIR", required=True, help="the output of python -m train fit, or a checkpoint in it")
    add("--output", metavar="DIR", required=True, help="the index, for python -m train search")
    add("--faiss", action="store_true", help="search faster, and not quite exactly: for over a million pictures")
    add("--overwrite", action="store_true", help="replace another index in the output")
    add_storage(parser)
    ours, settings = split(parser, arguments)
    refuse_settings(parser, settings, "an index is made with the settings of its model")
    given = [name for name in ("images", "corpus", "records") if getattr(ours, name)]
    if len(given) != 1:
        parser.error("give --images, --corpus or --records, one of them")
    records = None if ours.images else Records.of(parser, ours)
    return Options(ours.model, ours.images or (), records, ours.output, ours.faiss, ours.overwrite, ours.storage)


def run(options: Options, _: str) -> None:
    """Makes an index. Raises InputError, TrainingError, Held."""
    with writing_folder("embed", options.output):
        from pipeline.commands.train.embed.run import run

        run(options)


EMBED = Command(
    "embed",
    "index pictures by a trained model, for search",
    parse,
    run,
    errors,
    loads="TensorFlow",
    resumes=True,
)
