"""The command line of `python -m train`: its commands, and what their options share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pipeline.commands.arguments import read_config, sort_arguments, split_globs
from pipeline.commands.parser import Parser, no_such
from pipeline.config import Config, ConfigError

USAGE = "python -m train COMMAND [--option=value …] [--train.field=value …]"
EPILOG = """
python -m train COMMAND --help shows its options. Every setting of a config's section `train` is an option too, such as
--train.batch=256 or --train.optimizer.learning_rate=1e-4.
"""
COMMANDS = {
    "fit": "train a dual encoder; goes on where it stopped, and ends with retrieval of held-out pictures",
    "evaluate": "measure a trained model: retrieval, classification, similarity",
    "transfer": "tune a trained model for retrieval, or learn classes on its image tower",
    "embed": "index pictures by a trained model, for search",
    "search": "find pictures in an index by text, by picture, or by picture plus or minus text",
}

Settings = tuple[tuple[str, str], ...]  # path and value


@dataclass(frozen=True)
class Records:
    """Where pairs are: a corpus of `python -m pipeline`, or TFRecord files by their globs."""

    corpus: str | None
    globs: tuple[str, ...]

    @classmethod
    def of(cls, parser: argparse.ArgumentParser, ours: argparse.Namespace) -> Records:
        """What `add_records` asked for. Exits with 2 unless it is one of both."""
        if (ours.corpus is None) == (ours.records is None):
            parser.error("give --corpus or --records, one of them")
        return cls(ours.corpus, split_globs(ours.records or ""))


def parse(arguments: Sequence[str]) -> tuple[str, Any]:
    """A command and its options. Exits with 2 and one line where one is wrong."""
    if not arguments or arguments[0] not in COMMANDS:
        _commands().parse_args(arguments[:1])
    command = arguments[0]
    parser = Parser(prog=f"python -m train {command}", description=COMMANDS[command], allow_abbrev=False)
    return command, import_module(f"pipeline.commands.train.{command}.options").parse(parser, arguments[1:])


def add_records(parser: argparse.ArgumentParser) -> None:
    """The options of `Records`."""
    add = parser.add_argument
    add("--corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--records", metavar="GLOB[,GLOB…]", help="instead: TFRecord files with jpg and txt, such as img2dataset's")


def split(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> tuple[argparse.Namespace, Settings]:
    """The options of `parser`, and settings of the config. Exits with 2 for anything else."""
    known, settings, others = sort_arguments(parser, arguments)
    if others:
        name = others[0].partition("=")[0]
        parser.error(no_such("option", name, name, parser._option_string_actions))
    return parser.parse_args(known), tuple(settings)


def settle(parser: argparse.ArgumentParser, path: str | None, settings: Settings) -> Config:
    """The config in a file, or the defaults, with settings over it. Exits with 2 where one is wrong."""
    try:
        return read_config(path, settings)
    except ConfigError as error:
        parser.error(str(error))


def _commands() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m train",
        usage=USAGE,
        description="ALIGN's dual encoder: trained on records, measured, and used.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, says in COMMANDS.items():
        commands.add_parser(name, help=says)
    return parser
