"""The console script `align-corpus`: every tool by its name, whatever modules the working directory holds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from pipeline.commands.command import parser_of_names
from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.dedup.cli import DEDUP
from pipeline.commands.train.cli import TRAIN
from pipeline.commands.vocab.cli import VOCAB
from pipeline.sample.cli import SAMPLE

NAME = "align-corpus"
TOOLS = {tool.name: tool for tool in (PIPELINE, VOCAB, DEDUP, TRAIN, SAMPLE)}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs `align-corpus TOOL …` as `python -m TOOL …`, and ends the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] not in TOOLS:
        helps = {name: tool.help for name, tool in TOOLS.items()}
        parser = parser_of_names(NAME, "The ALIGN corpus from raw (image, alt-text) pairs.", helps)
        parser.parse_args(arguments[:1])
        *names, last = TOOLS
        parser.error(f"give a command: {', '.join(names)} or {last}")
    tool = TOOLS[arguments[0]]
    tool.main(arguments[1:], f"{NAME} {tool.name}")
