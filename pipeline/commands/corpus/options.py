"""The command line of a run: our options, the settings of the config, and Beam's options passed through."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipeline.commands.arguments import (
    add_workers,
    beam_options,
    read_config,
    sort_arguments,
    split_globs,
    whole_number,
)
from pipeline.commands.command import Command
from pipeline.commands.parser import Parser
from pipeline.config import Options
from pipeline.importing import importing
from pipeline.outputs.command import typed
from pipeline.settings import ConfigError

USAGE = "%(prog)s --input=GLOB[,GLOB…] --output=DIR [--section.field=value …] [any Beam option …]"
EPILOG = """
settings: every number of the config is an option, such as --filters.short_side.min_pixels=256 or
--filters.porn.enabled=false; the command settings prints them all. Beam options, such as --runner=DataflowRunner, are
passed through. python -m pipeline.sample makes a small crawl to try it on.
"""


def read(parser: Parser, arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line for a wrong one."""
    _add(parser)
    command = typed(parser.prog, arguments)
    arguments, settings, others = sort_arguments(parser, arguments)
    beam = beam_options(parser, others)
    ours = parser.parse_args(arguments)
    for name in ("input", "output"):
        if not getattr(ours, name).strip(","):
            parser.error(f"--{name} is empty")
    if ours.counts == "":
        parser.error("--counts is empty: give the output of a run over the raw pairs")
    if ours.reuse == "":
        parser.error("--reuse is empty: give the output of a finished run")
    try:
        return Options(
            config=read_config(ours.config, [*settings, *_named_settings(ours)]),
            inputs=split_globs(ours.input),
            output=ours.output,
            eval_images=split_globs(ours.eval_images),
            workers=ours.workers,
            overwrite=ours.overwrite,
            beam=beam,
            counts=ours.counts or "",
            command=command,
            reuse=ours.reuse or "",
            keep_work=ours.keep_work,
        )
    except ConfigError as error:
        parser.error(str(error))


def _named_settings(ours: argparse.Namespace) -> list[tuple[str, str]]:
    """The settings that have an option of their own."""
    named = {"measure": ours.measure, "rules": ours.rules, "input.limit": ours.limit}
    return [(path, str(value)) for path, value in named.items() if value is not None]


def _add(parser: Parser) -> None:
    add = parser.add_argument
    add("--config", metavar="NAME|FILE", help="settings: a config by name, or a YAML file (default: align, the paper)")
    add(
        "--input",
        metavar="GLOB[,GLOB…]",
        required=True,
        help="tables, tars, TFRecords or WARCs; a directory or a list too",
    )
    add("--output", metavar="DIR", required=True, help="where corpus, verdicts and report go")
    add(
        "--eval_images", metavar="DIR|GLOB|INDEX|TABLE[,…]", default="", help="evaluation sets whose near-duplicates go"
    )
    add("--measure", metavar="needed|all", help="all: every rule is measured for every pair (default: needed)")
    add("--limit", metavar="N", type=whole_number, help="only the first N pairs of each input file, for a first try")
    add("--rules", metavar="FILE[,FILE…]", help="Python files with rules of your own, judged after ours: docs/rules.md")
    add("--counts", metavar="RUN", help="take counts and judgements on texts from an earlier run, by key")
    add("--reuse", metavar="RUN", help="take from a finished run what can't have changed; no byte differs")
    add("--keep_work", action="store_true", help="keep index and counts for --reuse of a later run: 330 bytes a pair")
    add_workers(parser)
    add("--overwrite", action="store_true", help="replace the run that is in DIR")


def run_corpus(options: Options, folder: str) -> None:
    """Makes the corpus, and prints its funnel. Raises InputError, OtherRun, BadInputs, Held."""
    with importing():
        from pipeline.commands.finished import print_funnel
        from pipeline.run import run

    print_funnel(run(options, folder), options.output)


CORPUS = Command(
    name="pipeline",
    help="Raw (image, alt-text) pairs to the ALIGN corpus, with an account of every pair.",
    options=read,
    run=run_corpus,
    resumes=True,
    loads="Beam",
    usage=USAGE,
    epilog=EPILOG,
)
parse = CORPUS.parse
