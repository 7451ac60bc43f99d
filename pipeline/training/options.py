"""The command lines of `python -m train fit | evaluate`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.arguments import no_such, read_config, sort_arguments, split_globs, worker_count
from pipeline.config import Config, ConfigError

USAGE = "python -m train fit | evaluate [--option=value …] [--train.field=value …]"
EPILOG = """
python -m train fit --help and python -m train evaluate --help show their options. Every setting of a config's section
`train` is an option too, such as --train.batch=256 or --train.optimizer.learning_rate=1e-4.
"""
COMMANDS = {
    "fit": "train a dual encoder; goes on where it stopped, and ends with retrieval of held-out pictures",
    "evaluate": "measure retrieval with a trained model",
}


@dataclass(frozen=True)
class Options:
    """What a user asked for: records, a model, and the settings put over the config."""

    command: str
    corpus: str | None
    records: tuple[str, ...]
    model: str
    numbers: str | None
    vocab: str | None
    config: str | None
    settings: tuple[tuple[str, str], ...]
    devices: int | None
    overwrite: bool
    everything: bool

    def settle(self, config: str = "") -> Config:
        """The config: of the file, or of a model (as YAML), with the settings over it. Raises ConfigError."""
        return read_config(self.config, self.settings, config)


def parse(arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line where one is wrong."""
    if not arguments or arguments[0] not in COMMANDS:
        _commands().parse_args(arguments[:1])
    command, parser = arguments[0], _parser(arguments[0])
    known, settings, others = sort_arguments(parser, arguments[1:])
    ours = parser.parse_args(known)
    if others:
        name = others[0].partition("=")[0]
        parser.error(no_such("option", name, name, parser._option_string_actions))
    if (ours.corpus is None) == (ours.records is None):
        parser.error("give --corpus or --records, one of them")
    if command == "fit" and ours.corpus is None and ours.vocab is None:
        parser.error("--records need --vocab")
    options = Options(
        command=command,
        corpus=ours.corpus,
        records=split_globs(ours.records or ""),
        model=ours.output if command == "fit" else ours.model,
        numbers=None if command == "fit" else ours.output,
        vocab=ours.vocab,
        config=ours.config,
        settings=tuple(settings),
        devices=ours.devices,
        overwrite=ours.overwrite,
        everything=ours.all,
    )
    try:
        options.settle()
    except ConfigError as error:
        parser.error(str(error))
    return options


def _commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train",
        usage=USAGE,
        description="ALIGN's dual encoder: trained on records, and judged by retrieval.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    says = "; ".join(f"{name}: {what}" for name, what in COMMANDS.items())
    parser.add_argument("command", choices=COMMANDS, help=says)
    return parser


def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m train {command}", description=COMMANDS[command], allow_abbrev=False
    )
    parser.set_defaults(config=None, vocab=None, devices=None, overwrite=False, all=False)
    add = parser.add_argument
    add("--corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--records", metavar="GLOB[,GLOB…]", help="instead: TFRecord files with jpg and txt, such as img2dataset's")
    if command == "evaluate":
        add("--model", metavar="DIR", required=True, help="the output of python -m train fit")
        add("--output", metavar="FILE", help="for the numbers, as JSON")
        add("--all", action="store_true", help="all pictures, not only those that were held out: for other records")
        return parser
    add("--config", metavar="FILE", required=True, help="YAML settings: configs/ has the paper's and a toy's")
    add("--vocab", metavar="DIR", help="of python -m vocab, or a vocab.txt (default: vocab below the corpus)")
    add("--output", metavar="DIR", required=True, help="where checkpoints, towers, logs and report.html go")
    add("--devices", metavar="N", type=worker_count, help="accelerators, or parts of the CPU (default: all; 1)")
    add("--overwrite", action="store_true", help="replace another run in the output")
    return parser
