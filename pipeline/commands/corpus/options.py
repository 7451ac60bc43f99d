"""The command line of a run: our options, the settings of the config, and Beam's options passed through."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from pipeline.commands.arguments import beam_options, read_config, sort_arguments, split_globs, worker_count
from pipeline.commands.parser import Parser, no_such
from pipeline.config import ConfigError, Options

COMMANDS = ("report", "subset")  # the others of `python -m pipeline`
USAGE = "python -m pipeline --input=GLOB[,GLOB…] --output=DIR [--section.field=value …] [any Beam option …]"
EPILOG = """
settings: every number of the config is an option, such as --filters.short_side.min_pixels=256 or
--filters.porn.enabled=false. Beam options, such as --runner=DataflowRunner, are passed through.

other commands: python -m pipeline report DIR     the funnel again, and report.html
                python -m pipeline subset DIR     a part of a corpus, as a corpus
                python -m pipeline.sample         makes a small crawl to try it on
"""


def parse(arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line where one is wrong."""
    parser = _parser()
    if arguments and not arguments[0].startswith("-"):
        parser.error(no_such("command", arguments[0], arguments[0], COMMANDS))
    arguments, settings, others = sort_arguments(parser, arguments)
    beam = beam_options(parser, others)
    ours = parser.parse_args(arguments)
    for name in ("input", "output"):
        if not getattr(ours, name).strip(","):
            parser.error(f"--{name} is empty")
    try:
        return Options(
            config=read_config(ours.config, [*settings, *_named_settings(ours)]),
            inputs=split_globs(ours.input),
            output=ours.output,
            eval_images=split_globs(ours.eval_images),
            workers=ours.workers,
            overwrite=ours.overwrite,
            beam=beam,
        )
    except ConfigError as error:
        parser.error(str(error))


def _named_settings(ours: argparse.Namespace) -> list[tuple[str, str]]:
    """The settings that have an option of their own."""
    return [(name, value) for name in ("measure", "rules") if (value := getattr(ours, name)) is not None]


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pipeline",
        usage=USAGE,
        description="Raw (image, alt-text) pairs to the ALIGN corpus, with an account of every pair.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--config", metavar="FILE", help="YAML settings (default: the paper's, configs/align.yaml)")
    add("--input", metavar="GLOB[,GLOB…]", required=True, help="tables, tars or TFRecords; a directory or a list too")
    add("--output", metavar="DIR", required=True, help="where corpus, verdicts and report go")
    add(
        "--eval_images", metavar="DIR|GLOB|INDEX|TABLE[,…]", default="", help="evaluation sets whose near-duplicates go"
    )
    add("--measure", metavar="needed|all", help="all: every rule is measured for every pair (default: needed)")
    add("--rules", metavar="FILE[,FILE…]", help="Python files with rules of your own, judged after ours: docs/rules.md")
    add("--workers", metavar="N", type=worker_count, default=os.cpu_count() or 1, help="processes (default: all cores)")
    add("--overwrite", action="store_true", help="replace the run that is in DIR")
    return parser
