"""The command line of the sample: arguments, progress, and a directory that is complete or doesn't exist."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.commands.command import Codes, Command, Tool
from pipeline.commands.parser import Parser
from pipeline.commands.program import FAILED
from pipeline.printable import tell

MARK = "sample.json"
FEWEST = 10  # pictures, so that no file is empty


@dataclass(frozen=True)
class Options:
    """The folder of a sample, its size, and its seed."""

    folder: str
    pictures: int
    seed: int


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    add = parser.add_argument
    add("--output", metavar="DIR", required=True, help="a directory that is not there yet")
    add("--pictures", metavar="N", type=_count, default=1900, help="ordinary pictures (default: 1900)")
    add("--seed", metavar="S", type=_whole, default=0, help="another sample for another number")
    given = parser.parse_args(arguments)
    return Options(given.output, given.pictures, given.seed)


def run(options: Options, _: str) -> None:
    """Makes the sample. Raises OSError."""
    settings = {"pictures": options.pictures, "seed": options.seed}
    tell(_make_once(Path(options.folder), settings), error=False)


def errors() -> Codes:
    """Exit codes of exceptions."""
    return {OSError: FAILED}


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _count(text: str) -> int:
    if (count := _whole(text)) < FEWEST:
        raise argparse.ArgumentTypeError(f"{count} is under {FEWEST}")
    return count


def _make_once(output: Path, settings: dict[str, int]) -> str:
    """Makes the sample beside `output` and renames it, unless it exists; returns the message.

    Raises OSError, also if something else is there.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        return _check(output, settings)
    from pipeline.sample.make import make

    aside = output.absolute().with_name(output.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)  # left by a killed run
    make(aside, settings["pictures"], settings["seed"], _show_progress)
    (aside / MARK).write_text(json.dumps(settings) + "\n")
    os.replace(aside, output)
    return f"{output}: made"


def _check(output: Path, settings: dict[str, int]) -> str:
    mark = output / MARK
    if not mark.is_file():
        raise FileExistsError(f"{output} is there and is no sample; choose another directory")
    there = json.loads(mark.read_text())
    if there != settings:
        raise FileExistsError(f"{output} is another sample: {there}, not {settings}; choose another directory")
    return f"{output}: is there already"


def _show_progress(what: str, done: int, total: int) -> None:
    """Rewrites one line on a terminal; prints nothing elsewhere."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{what}: {done} of {total}", end=end, file=sys.stderr, flush=True)


def commands() -> Mapping[str, Command[Any]]:
    """One command, which has no name of its own."""
    says = (
        "A small crawl of generated pictures and captions in DIR/crawl, an evaluation set in DIR/eval, and in "
        "DIR/expected.jsonl the verdicts on its special cases under the config toy."
    )
    return {"": Command("sample", says, read, run, errors)}


SAMPLE = Tool("sample", "a small crawl to try it on", commands, module="pipeline.sample")
