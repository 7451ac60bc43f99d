"""The command line of a run: our options, the settings of the config, and Beam's options passed through."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config import Config, ConfigError, load_config

USAGE = "python -m pipeline --input=GLOB[,GLOB…] --output=DIR [--section.field=value …] [any Beam option …]"
EPILOG = """
settings: every number of the config is an option, such as --filters.short_side.min_pixels=256 or
--filters.porn.enabled=false. Beam options, such as --runner=DataflowRunner, are passed through.

other commands: python -m pipeline report DIR     the funnel again, and report.html
                python -m pipeline.sample         makes a small crawl to try it on
"""


@dataclass(frozen=True)
class Options:
    """What a user asked for."""

    config: Config
    inputs: tuple[str, ...]
    output: str
    eval_images: tuple[str, ...]
    workers: int
    overwrite: bool
    beam: tuple[str, ...]


def parse(arguments: Sequence[str]) -> Options:
    """The options in `arguments`. Exits with 2 and one line where one is wrong."""
    parser = _parser()
    arguments, settings, others = _sort(parser, arguments)
    ours = parser.parse_args(arguments)
    for name in ("input", "output"):
        if not getattr(ours, name).strip(","):
            parser.error(f"--{name} is empty")
    try:
        return Options(
            config=_config(ours.config, settings if ours.measure is None else [*settings, ("measure", ours.measure)]),
            inputs=_split(ours.input),
            output=ours.output,
            eval_images=_split(ours.eval_images),
            workers=ours.workers,
            overwrite=ours.overwrite,
            beam=tuple(_check_beam(others, list(parser._option_string_actions))),
        )
    except ConfigError as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    add("--eval_images", metavar="DIR[,DIR…]", default="", help="evaluation sets whose near-duplicates are dropped")
    add("--measure", metavar="needed|all", help="all: every rule is measured for every pair (default: needed)")
    add("--workers", metavar="N", type=_workers, default=os.cpu_count() or 1, help="processes (default: all cores)")
    add("--overwrite", action="store_true", help="replace the run that is in DIR")
    return parser


def _workers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _sort(
    parser: argparse.ArgumentParser, arguments: Sequence[str]
) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """Splits the arguments into ours, settings (path, value) and the rest."""
    ours: list[str] = []
    settings: list[tuple[str, str]] = []
    others: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, equals, value = argument.partition("=")
        if not equals and rest and not rest[0].startswith("-") and name not in _switches(parser):
            value = rest.pop(0)
            argument = f"{name}={value}"
        if name in parser._option_string_actions:
            ours.append(argument)
        elif name.startswith("--") and ("." in name or name == "--name"):
            settings.append((name[2:], value))
        else:
            others.append(argument)
    return ours, settings, others


def _switches(parser: argparse.ArgumentParser) -> set[str]:
    return {name for name, action in parser._option_string_actions.items() if action.nargs == 0}


def _split(globs: str) -> tuple[str, ...]:
    return tuple(part for part in globs.split(",") if part)


def _config(path: str | None, settings: Sequence[tuple[str, str]]) -> Config:
    if path is None:
        return load_config("", settings)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise ConfigError(f"--config={path}: {error.strerror}") from error
    return load_config(text, settings)


def _check_beam(others: Sequence[str], ours: Sequence[str]) -> Sequence[str]:
    """Refuses what Beam doesn't know, where Beam itself would only warn, and what Beam 2.77 does wrong."""
    if not others:
        return others
    known = _beam_options()
    for argument in others:
        name = argument.partition("=")[0]
        if name in ("--direct_running_mode", "--direct_num_workers"):
            raise ConfigError(f"{argument}: not taken (Beam 2.77 corrupts data in threads); use --workers=N")
        if name not in known:
            near = difflib.get_close_matches(name, [*ours, *known], 1, 0)
            raise ConfigError(f"{name}: no such option" + (f"; the nearest is {near[0]}" if near else ""))
    return others


def _beam_options() -> set[str]:
    from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

    parser = _BeamArgumentParser(allow_abbrev=False)
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(parser)
    return set(parser._option_string_actions)
