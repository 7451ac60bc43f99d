"""Configs by name: the files of the package's folder `configs`, which in a checkout is the one at its top."""

from __future__ import annotations

import os
import re

import pipeline
from pipeline.settings import ConfigError, shown

FOLDER = os.path.join(os.path.dirname(pipeline.__file__), "configs")
ENDING = ".yaml"


def config_file(option: str, given: str, folder: str = "") -> str:
    """The path of a config that `option` gives by name, in a subfolder of FOLDER, or by path.

    Raises ConfigError for a name of none, with the names there are.
    """
    names = config_names(folder)
    if given in names:
        return os.path.join(FOLDER, folder, given + ENDING)
    if re.fullmatch(r"\w+", given) and not os.path.exists(given):
        raise ConfigError(f"{option}={shown(given)[1:-1]}: no such config or file; the configs are {', '.join(names)}")
    return given


def config_names(folder: str = "") -> list[str]:
    """The names of all configs in a subfolder of FOLDER, sorted."""
    files = sorted(os.listdir(os.path.join(FOLDER, folder)))
    return [file.removesuffix(ENDING) for file in files if file.endswith(ENDING)]
