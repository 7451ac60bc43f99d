"""The job that the flex template launches: one step, on one worker, that runs the command and waits for it.

A template launches one job, but a run is several jobs, each made from the files of the one before.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

OWN = ("--template_location", "--runner", "--settings")  # used by the launch alone


class CommandFailed(RuntimeError):
    """The run failed; the message is the last line of its output."""


def launch(arguments: Sequence[str]) -> None:
    """Submits the job or writes its template, by Beam's options among `arguments` (`--name=value`)."""
    options = PipelineOptions(_beam_options(arguments), save_main_session=False)
    with beam.Pipeline(options=options) as pipeline:
        pipeline | "Command" >> beam.Create([tuple(command_words(arguments))]) | "Run" >> beam.Map(run_command)


def command_words(arguments: Sequence[str]) -> list[str]:
    """Returns the command's arguments: those of the launch, and the words of --settings, such as `name=crawl`."""
    kept = [argument for argument in arguments if argument.partition("=")[0] not in OWN]
    settings = [argument.partition("=")[2] for argument in arguments if argument.startswith("--settings=")]
    more = [f"--{word.removeprefix('--')}" for words in settings for word in words.split()]
    return [*kept, "--runner=DataflowRunner", *more]


def _beam_options(arguments: Sequence[str]) -> list[str]:
    """Drops the options of the command, which Beam would warn about."""
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
