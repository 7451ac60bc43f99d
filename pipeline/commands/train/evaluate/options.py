"""The options of `python -m train evaluate`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.commands.arguments import read_config, split_globs
from pipeline.commands.command import Command
from pipeline.commands.train.options import (
    Records,
    Settings,
    add_records,
    errors,
    result_files,
    settle,
    split,
    writing_files,
)
from pipeline.remote import Storage
from pipeline.settings import ConfigError

if TYPE_CHECKING:
    from train.evaluation.kinds import EvaluationSet


@dataclass(frozen=True)
class Options:
    """A model, what it is measured on (records, or sets by name), and the files for the numbers and the page.

    `all_there`: a set that isn't there is an error.
    """

    model: str
    records: Records | None
    settings: Settings
    numbers: str | None
    everything: bool = False
    sets: Mapping[str, EvaluationSet] = field(default_factory=dict)
    all_there: bool = False
    page: str | None = None

    @property
    def storage(self) -> Storage:
        """The settings of requests to storage."""
        return read_config(None, self.settings).storage


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Options:
    """Exits with 2 and one line where something is wrong."""
    add_records(parser)
    add = parser.add_argument
    add("--sets", metavar="NAME|FILE", help="instead: evaluation sets, align (the paper's) or a YAML file")
    add(
        "--data",
        metavar="DIR",
        help="where the files of the sets are (default: beside the YAML file; for align, here)",
    )
    add("--only", metavar="NAME[,NAME…]", help="of the sets only these, which must be there")
    add("--model", metavar="DIR", required=True, help="the output of python -m train fit, or a checkpoint in it")
    add("--output", metavar="DIR|FILE.json", help="where evaluation.json and page.html go; or FILE.json and FILE.html")
    add("--page", metavar="FILE.html", help="another path of the page")
    add("--all", action="store_true", help="all pictures, not only those that were held out: for other records")
    ours, settings = split(parser, arguments)
    settle(parser, None, settings)
    numbers, page = result_files(parser, ours, "evaluation")
    if ours.sets is None:
        _refuse(parser, ours, "without --sets", "data", "only")
        if ours.corpus is None and ours.records is None:
            parser.error("give --corpus, --records or --sets, one of them")
        return Options(ours.model, Records.of(parser, ours), settings, numbers, ours.all, page=page)
    _refuse(parser, ours, "with --sets", "corpus", "records", "all")
    sets = _sets(parser, ours)
    return Options(ours.model, None, settings, numbers, sets=sets, all_there=bool(ours.only), page=page)


def _refuse(parser: argparse.ArgumentParser, ours: argparse.Namespace, when: str, *names: str) -> None:
    for name in names:
        if getattr(ours, name):
            parser.error(f"--{name} isn't taken {when}")


def _sets(parser: argparse.ArgumentParser, ours: argparse.Namespace) -> Mapping[str, EvaluationSet]:
    from pipeline.commands.train.evaluate.sets import read_sets

    try:
        return read_sets(ours.sets, ours.data, split_globs(ours.only or ""))
    except ConfigError as error:
        parser.error(str(error))


def run(options: Options, _: str) -> None:
    """Measures. Raises InputError, TrainingError, Held."""
    with writing_files("evaluate", options.numbers, options.page):
        from pipeline.commands.train.evaluate.run import run

        run(options)


EVALUATE = Command(
    "evaluate",
    "measure a trained model: retrieval, classification, similarity",
    parse,
    run,
    errors,
    loads="TensorFlow",
)
