"""Options, locks and errors that the commands of `python -m train` share."""

from __future__ import annotations

import argparse
import posixpath
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from pipeline.commands.arguments import read_config, sort_arguments, split_globs
from pipeline.commands.command import Codes, usual_errors
from pipeline.commands.parser import nearest, no_such
from pipeline.commands.program import FAILED, USAGE
from pipeline.config import Config
from pipeline.files import join
from pipeline.settings import ConfigError

Settings = tuple[tuple[str, str], ...]  # path and value


@dataclass(frozen=True)
class Records:
    """The source of pairs: a corpus of `python -m pipeline`, or TFRecord files by globs."""

    corpus: str | None
    globs: tuple[str, ...]

    @classmethod
    def of(cls, parser: argparse.ArgumentParser, ours: argparse.Namespace) -> Records:
        """Takes the options of `add_records`. Exits with code 2 unless given either --corpus or --records."""
        if (ours.corpus is None) == (ours.records is None):
            parser.error("give --corpus or --records, one of them")
        return cls(ours.corpus, split_globs(ours.records or ""))


def add_records(parser: argparse.ArgumentParser) -> None:
    """The options of `Records`."""
    add = parser.add_argument
    add("--corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--records", metavar="GLOB[,GLOB…]", help="instead: TFRecord files with jpg and txt, such as img2dataset's")


def add_from(parser: argparse.ArgumentParser) -> None:
    """The option of `resume_from`."""
    says = "checkpoint to resume from, such as step-000001000; later ones are removed (default: the newest)"
    parser.add_argument("--from", metavar="NAME", dest="resume_from", default="", help=says)


def resume_from(parser: argparse.ArgumentParser, ours: argparse.Namespace) -> str:
    """The name of the checkpoint to resume from, "" for the newest. Exits with code 2 with --overwrite too."""
    if ours.resume_from and ours.overwrite:
        parser.error("--overwrite removes all checkpoints, --from resumes from one: give one of them")
    return str(ours.resume_from).removesuffix(".npz")


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


def files_of_results(output: str | None, page: str | None, name: str) -> tuple[str | None, str | None]:
    """The files of numbers and page: `name`.json and page.html in the folder `output`, or FILE.json and FILE.html.

    `page` is another path of the page. Without `output` there are no numbers.
    """
    if output is None:
        return None, page
    if output.lower().endswith(".json"):
        return output, page or f"{output[:-5]}.html"
    return join(output, f"{name}.json"), page or join(output, "page.html")


def result_files(parser: argparse.ArgumentParser, ours: argparse.Namespace, name: str) -> tuple[str | None, str | None]:
    """The files of numbers and page by --output and --page. Exits with 2 where both are one file."""
    numbers, page = files_of_results(ours.output, ours.page, name)
    if numbers and page and posixpath.normpath(numbers) == posixpath.normpath(page):
        parser.error(f"--page={ours.page}: this is where --output={ours.output} puts the numbers; name another file")
    return numbers, page


def refuse_settings(parser: argparse.ArgumentParser, settings: Settings, says: str) -> None:
    """Exits with 2 for a setting where none is taken: with an option of a similar name, or else with `says`."""
    for path, _ in settings:
        near = nearest(f"--{path}", parser._option_string_actions)
        parser.error(f"--{path}: no such option; the nearest is {near}" if near else f"--{path}: {says}")


def load_tensorflow(command: str) -> None:
    """Imports TensorFlow, and prints the devices that a command runs on."""
    from train.quiet import import_tensorflow

    print(f"{command}: on {', '.join(import_tensorflow())}", file=sys.stderr, flush=True)


@contextmanager
def writing_folder(command: str, output: str) -> Iterator[None]:
    """Imports TensorFlow, and locks a command's folder. Of several hosts that train together, the first locks it."""
    load_tensorflow(command)
    from pipeline.storage.lock import locked
    from train.devices import host

    with locked(output) if host().number == 0 else nullcontext():
        yield


@contextmanager
def writing_files(command: str, *files: str | None) -> Iterator[None]:
    """Imports TensorFlow, and locks the files of a command's results."""
    load_tensorflow(command)
    from pipeline.storage.lock import locked_files

    with locked_files(*files):
        yield


def errors() -> Codes:
    """Exit codes of exceptions. Imports TensorFlow."""
    from train.checkpoint import NoCheckpoint
    from train.errors import TrainingError
    from train.run import NoRecords, OtherTraining

    usage: tuple[type[Exception], ...] = NoCheckpoint, NoRecords, OtherTraining
    return {**usual_errors(), **dict.fromkeys(usage, USAGE), TrainingError: FAILED}
