"""Evaluation sets from a YAML file: names, each with its kind and the settings of the kind."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.commands.configs import config_file
from pipeline.commands.parser import no_such
from pipeline.settings import ConfigError, build
from pipeline.yaml_text import parse_yaml, read_text
from train.bounds import choose
from train.evaluation.kinds import KINDS, EvaluationSet


def read_sets(file: str, data: str | None, only: Sequence[str]) -> dict[str, EvaluationSet]:
    """The sets in a file, or `only` some of them by name, with their paths below `data`, or else beside the file.

    `file` may be the name of a file of the package, whose sets are below the working directory without `data`.
    Raises ConfigError.
    """
    path = config_file("--sets", file, "evaluation")
    tree = _tree(file, path)
    for name in only:
        if name not in tree:
            raise ConfigError(no_such("set", f"--only={name}", name, tree))
    below = (os.path.dirname(file) if path == file else "") if data is None else data
    return {name: _set(name, settings).below(below) for name, settings in tree.items() if not only or name in only}


def _tree(file: str, path: str) -> dict[str, Any]:
    text = read_text("--sets", path)
    try:
        tree = parse_yaml(text)
    except ConfigError as error:
        raise ConfigError(f"--sets={file}: {error}") from error
    if not isinstance(tree, dict) or not tree:
        raise ConfigError(f"--sets={file}: no names of sets in it")
    return {str(name): settings for name, settings in tree.items()}


def _set(name: str, settings: Any) -> EvaluationSet:
    if not isinstance(settings, Mapping) or "kind" not in settings:
        raise ConfigError(f"{name}.kind: not given; the choices are {', '.join(KINDS)}")
    try:
        choose("kind", str(settings["kind"]), KINDS)
    except ValueError as error:
        raise ConfigError(f"{name}.{error}") from error
    kind = KINDS[settings["kind"]]
    rest = {key: value for key, value in settings.items() if key != "kind"}
    built: EvaluationSet = build(kind, rest | _unset(kind, rest), name)
    for setting in dataclasses.fields(kind):
        if setting.default is dataclasses.MISSING and not rest.get(setting.name):
            raise ConfigError(f"{name}.{setting.name}: not given; a set of kind {settings['kind']} needs it")
    return built


def _unset(kind: type[EvaluationSet], settings: Mapping[str, Any]) -> dict[str, str]:
    """Empty paths, so that what is wrong is told before what is missing."""
    needed = (each.name for each in dataclasses.fields(kind) if each.default is dataclasses.MISSING)
    return {name: "" for name in needed if name not in settings}
