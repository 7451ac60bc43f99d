"""What the flex template launches: a job of one step, on one worker, that runs the command and waits for it.

A template launches one job, but a run is several, each made from what the one before it wrote.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

OWN = ("--template_location", "--runner", "--settings")  # of the launch alone


class CommandFailed(RuntimeError):
    """The run ended with an error: its last line."""


def launch(arguments: Sequence[str]) -> None:
    """Submits the job, or writes its template, as Beam's options among `arguments` (`--name=value`) say."""
    options = PipelineOptions(_beam_options(arguments), save_main_session=False)
    with beam.Pipeline(options=options) as pipeline:
        pipeline | "Command" >> beam.Create([tuple(command_words(arguments))]) | "Run" >> beam.Map(run_command)


def command_words(arguments: Sequence[str]) -> list[str]:
    """The command's arguments: those of the launch, and its --settings, which are words such as `name=crawl`."""
    kept = [argument for argument in arguments if argument.partition("=")[0] not in OWN]
    settings = [argument.partition("=")[2] for argument in arguments if argument.startswith("--settings=")]
    more = [f"--{word.removeprefix('--')}" for words in settings for word in words.split()]
    return [*kept, "--runner=DataflowRunner", *more]


def _beam_options(arguments: Sequence[str]) -> list[str]:
    """Without those of the command, which Beam would only warn of."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--config", "--input", "--output", "--eval_images", "--settings"):
        parser.add_argument(name)
    return parser.parse_known_args(arguments)[1]


def run_command(words: Sequence[str]) -> str:
    """Runs `python -m pipeline` with these words; returns what it prints. Raises CommandFailed."""
    done = subprocess.run([sys.executable, "-m", "pipeline", *words], capture_output=True, text=True)
    logging.info("%s", done.stdout + done.stderr)
    if done.returncode:
        raise CommandFailed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return done.stdout
