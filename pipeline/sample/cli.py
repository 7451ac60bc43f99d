"""The command line of the sample: arguments, progress, and a directory that is complete or doesn't exist."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.commands.parser import Parser
from pipeline.printable import tell

MARK = "sample.json"
FEWEST = 10  # pictures, so that no file is empty


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the sample. Returns the exit code: 0 done, 1 failed, 130 interrupted; wrong usage exits with 2."""
    options = _parse(arguments)
    try:
        tell(_make_once(options.output, {"pictures": options.pictures, "seed": options.seed}), error=False)
    except OSError as error:
        tell(f"python -m pipeline.sample: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m pipeline.sample",
        description="A small crawl of generated pictures and captions in DIR/crawl, an evaluation set in DIR/eval, and "
        "in DIR/expected.jsonl the verdicts on its special cases under configs/toy.yaml.",
        allow_abbrev=False,
    )
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="a directory that is not there yet")
    parser.add_argument("--pictures", metavar="N", type=_count, default=1900, help="ordinary pictures (default: 1900)")
    parser.add_argument("--seed", metavar="S", type=_whole, default=0, help="another sample for another number")
    return parser.parse_args(arguments)


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
