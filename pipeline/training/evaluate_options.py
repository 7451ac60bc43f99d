"""The options of `python -m train evaluate`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.training.options import Records, Settings, add_records, settle, split


@dataclass(frozen=True)
class Options:
    """A model, what it is measured on, and the file for the numbers."""

    model: str
    records: Records
    settings: Settings
    numbers: str | None
    everything: bool


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Options:
    """Exits with 2 and one line where something is wrong."""
    add_records(parser)
    add = parser.add_argument
    add("--model", metavar="DIR", required=True, help="the output of python -m train fit")
    add("--output", metavar="FILE", help="for the numbers, as JSON")
    add("--all", action="store_true", help="all pictures, not only those that were held out: for other records")
    ours, settings = split(parser, arguments)
    settle(parser, None, settings)
    return Options(ours.model, Records.of(parser, ours), settings, ours.output, ours.all)
