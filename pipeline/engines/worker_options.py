"""An option of Beam of our own, by which the workers of any engine get the settings of requests to storage.

It is no option of the command line: `storage.requests` and the others are its settings.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.remote import OPTION, Storage, in_force


class WorkerOptions(PipelineOptions):
    """Tells Beam the option: it drops what no class of options has."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(f"--{OPTION}", help=argparse.SUPPRESS)


def for_workers() -> list[str]:
    """Returns Beam's option with the settings in force; none for the defaults, which workers have anyway."""
    storage = in_force()
    return [] if storage == Storage() else [f"--{OPTION}={json.dumps(asdict(storage))}"]


def for_forked_workers() -> str:
    """Returns the same as JSON in the form of Beam's protocol: its local runner passes no options on."""
    options = (option.removeprefix("--").split("=", 1) for option in for_workers())
    return json.dumps({f"beam:option:{name}:v1": value for name, value in options})
