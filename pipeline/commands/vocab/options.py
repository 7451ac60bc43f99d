"""The command line of `python -m vocab`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.commands.arguments import beam_options, read_config, sort_arguments, split_globs, worker_count
from pipeline.commands.parser import Parser
from pipeline.config import Config, ConfigError

USAGE = "python -m vocab --corpus=DIR | --input=GLOB[,GLOB…] --output=DIR [--section.field=value …]"
EPILOG = """
settings: --vocab.min_count=2 and the others of the config. Size and profile are those of the corpus' config, unless
they are given. Beam options, such as --runner=DataflowRunner, are passed through.
"""


@dataclass(frozen=True)
class Options:
    """What a user asked for: a corpus or inputs, and the settings put over the config."""

    corpus: str | None
    inputs: tuple[str, ...]
    output: str
    config: str | None
    settings: tuple[tuple[str, str], ...]
    language: str | None
    identify: bool
    workers: int
    beam: tuple[str, ...]

    def settle(self, corpus: str = "") -> Config:
        """The config: of the file, or of the corpus (as YAML), with the settings over it. Raises ConfigError."""
        return read_config(self.config, self.settings, corpus)


def parse(arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line where one is wrong."""
    parser = _parser()
    arguments, settings, others = sort_arguments(parser, arguments)
    beam = beam_options(parser, others)
    ours = parser.parse_args(arguments)
    if (ours.corpus is None) == (ours.input is None):
        parser.error("give --corpus or --input, one of them")
    if not ours.output:
        parser.error("--output is empty")
    named = {"vocab.size": ours.size, "text.profile": ours.profile}
    settings += [(path, value) for path, value in named.items() if value is not None]
    options = Options(
        corpus=ours.corpus,
        inputs=split_globs(ours.input or ""),
        output=ours.output,
        config=ours.config,
        settings=tuple(settings),
        language=ours.language,
        identify=ours.identify,
        workers=ours.workers,
        beam=beam,
    )
    try:
        options.settle()
    except ConfigError as error:
        parser.error(str(error))
    return options


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m vocab",
        usage=USAGE,
        description="The wordpiece vocabulary of a corpus' kept texts, or of any texts.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--corpus", metavar="DIR", help="the output of a finished run of python -m pipeline")
    add("--input", metavar="GLOB[,GLOB…]", help="instead: the text column of any table, tar or TFRecord, or .txt files")
    add("--output", metavar="DIR", required=True, help="where vocab.txt, its tokenizer.json and report.html go")
    add("--size", metavar="N", help="pieces, the special ones included")
    add("--profile", metavar="NAME", help="uncased or multilingual")
    add("--config", metavar="FILE", help="YAML settings, in place of the corpus' own")
    add("--language", metavar="COLUMN", help="the column with the language of a text, for the report")
    add("--identify", action="store_true", help="identify the language of texts without one, for the report (slow)")
    add("--workers", metavar="N", type=worker_count, default=os.cpu_count() or 1, help="processes (default: all cores)")
    return parser
