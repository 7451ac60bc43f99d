"""The command lines of `python -m dedup index | match | groups`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from filters.image import EVAL_MODES
from pipeline.commands.arguments import split_globs, worker_count
from pipeline.commands.parser import Parser
from pipeline.config import Config as Defaults
from pipeline.config import Dedup


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options in `arguments`: `command` and its own. Exits with 2 and one line where one is wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.error("give a command: index, match or groups")
    try:
        if options.command != "index":
            Dedup(options.max_distance, options.min_score)
    except ValueError as error:
        parser.error(str(error))
    return options


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m dedup",
        description="Near-duplicates: the index of an evaluation set, who matches whom, and copies inside a corpus.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _index(_add(commands, "index", "hash an evaluation set into a file that --eval_images and match take"))
    _match(_add(commands, "match", "who is a near-duplicate of whom"))
    _groups(_add(commands, "groups", "near-duplicates inside a finished corpus"))
    return parser


def _add(commands: argparse._SubParsersAction[Parser], name: str, what: str) -> Parser:
    command = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
    cores = os.cpu_count() or 1
    command.add_argument(
        "--workers", metavar="N", type=worker_count, default=cores, help="processes (default: all cores)"
    )
    most = Defaults().filters.undecodable.max_pixels
    command.add_argument("--max_pixels", metavar="N", type=int, default=most, help=f"of a picture (default: {most})")
    return command


def _index(command: argparse.ArgumentParser) -> None:
    _images(command, "the evaluation set")
    command.add_argument("--output", metavar="FILE", required=True, help="the index")
    command.add_argument("--name", metavar="SET", help="the set's name in eval_match (default: the folder's)")
    command.add_argument(
        "--mode", choices=EVAL_MODES, default="default", help="dense: 502 entries a picture in place of 104"
    )


def _match(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--index", metavar="FILE[,FILE…]", type=split_globs, required=True, help="indexes, or folders of pictures"
    )
    _images(command, "the pictures that are looked up")
    command.add_argument("--output", metavar="FILE", help=".csv or .parquet (default: CSV to the terminal)")
    command.add_argument("--mode", choices=EVAL_MODES, default="default", help="thorough: 17 parts of each picture too")
    _search(command)


def _groups(command: argparse.ArgumentParser) -> None:
    command.add_argument("corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    command.add_argument("--output", metavar="FILE", required=True, help=".parquet: image_id, group, keep")
    _search(command)


def _images(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument(
        "--images",
        metavar="DIR|GLOB[,…]",
        type=split_globs,
        required=True,
        help=f"{what}: folders or globs of pictures, tars, tables",
    )


def _search(command: argparse.ArgumentParser) -> None:
    usual = Dedup()
    add = command.add_argument
    add("--max_distance", metavar="BITS", type=int, default=usual.max_distance, help=f"(default: {usual.max_distance})")
    add("--min_score", metavar="SCORE", type=float, default=usual.min_score, help=f"(default: {usual.min_score})")
