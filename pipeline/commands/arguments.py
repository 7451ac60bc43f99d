"""Sorts a command line: our options, settings of the config, and options passed through to Beam."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipeline.commands.configs import config_file
from pipeline.commands.parser import no_such
from pipeline.commands.settings.sections import sections
from pipeline.config import Config, load_config
from pipeline.remote import Storage
from pipeline.settings import ConfigError, build
from pipeline.yaml_text import parse_value, read_text


def whole_number(text: str) -> int:
    """The value of an option that is a whole number from 1. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def add_workers(parser: argparse.ArgumentParser) -> None:
    """The option --workers."""
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--workers", metavar="N", type=whole_number, default=cores, help="processes (default: all cores)"
    )


def add_storage(parser: argparse.ArgumentParser) -> None:
    """The options of the section `storage`, for a command that takes no config: `storage` holds them all."""
    shown = {setting.path: setting for each in sections(Storage(), "storage.") for setting in each.settings}
    for path, setting in shown.items():
        says = f"{setting.says} (default: {setting.default})"
        parser.add_argument(f"--{path}", dest="storage", action=_StorageAction, metavar="N", help=says)
    parser.set_defaults(storage=Storage())


class _StorageAction(argparse.Action):
    """Puts the value of one setting over those that the namespace holds. Exits with 2 for a wrong one."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        path = self.option_strings[0].removeprefix("--")
        try:
            tree = asdict(namespace.storage) | {path.rpartition(".")[2]: parse_value(path, values)}
            namespace.storage = build(Storage, tree, "storage")
        except ConfigError as error:
            parser.error(str(error))


def sort_arguments(
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


def split_globs(globs: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(part for part in globs.split(",") if part)


def read_config(path: str | None, settings: Sequence[tuple[str, str]], default: str = "") -> Config:
    """The config of a name or a YAML file, or in the YAML `default`, with `settings` over it. Raises ConfigError."""
    if path is None:
        return load_config(default, settings)
    return load_config(read_file(path), settings, f"--config={path}")


def read_file(given: str, folder: str = "") -> str:
    """The text of a config, by path or by its name in a subfolder of the package's configs. Raises ConfigError."""
    return read_text("--config", config_file("--config", given, folder))


def beam_options(parser: argparse.ArgumentParser, others: Sequence[str]) -> tuple[str, ...]:
    """The arguments for Beam. Exits with 2 and one line for one that is nobody's, before another is missed."""
    try:
        return tuple(check_beam(others, list(parser._option_string_actions)))
    except ConfigError as error:
        parser.error(str(error))


def check_beam(others: Sequence[str], ours: Sequence[str]) -> Sequence[str]:
    """Refuses what Beam doesn't know, where Beam itself would only warn, and what Beam 2.77 does wrong."""
    if not others:
        return others
    known = _beam_options()
    for argument in others:
        name = argument.partition("=")[0]
        if name in ("--direct_running_mode", "--direct_num_workers"):
            raise ConfigError(f"{argument}: not taken (Beam 2.77 corrupts data in threads); use --workers=N")
        if name not in known:
            raise ConfigError(no_such("option", name, name, [*ours, *known]))
        if name == "--runner":
            _check_runner(argument.partition("=")[2])
    return others


def _check_runner(name: str) -> None:
    """Beam takes a known name with or without its `Runner`, in any case, or the full name of a class."""
    from apache_beam.options.pipeline_options import StandardOptions

    known = StandardOptions.KNOWN_RUNNER_NAMES
    if "." not in name and name.lower().removesuffix("runner") not in {
        one.lower().removesuffix("runner") for one in known
    }:
        raise ConfigError(no_such("runner", f"--runner={name}", name, known))


def _beam_options() -> set[str]:
    from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

    parser = _BeamArgumentParser(allow_abbrev=False)
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(parser)
    return set(parser._option_string_actions)
