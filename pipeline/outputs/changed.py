"""Settings that differ: from the defaults, or between two runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.config import APART, Config
from pipeline.page.parts import flat

NONE = "not set"  # a setting that a run doesn't have, such as one of a rule of the user's own


class Changed(NamedTuple):
    """A setting by its path, and two values of it, as JSON or NONE."""

    path: str
    value: str
    other: str


def changed(config: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Changed]:
    """Each setting that differs between two trees; those on which no byte of a corpus depends are left out."""
    one, two = _settings(config), _settings(other)
    for path in one | two:
        if one.get(path) != two.get(path):
            yield Changed(path, one.get(path, NONE), two.get(path, NONE))


def from_defaults(config: Mapping[str, Any]) -> list[Changed]:
    """The settings of a run that differ from the defaults, which are the other values."""
    defaults = json.loads(json.dumps(dataclasses.asdict(Config())))
    return [setting for setting in changed(config, defaults) if setting.value != NONE]


def without_folders(tree: Any) -> Any:
    """A tree of settings in which paths of files are their names alone."""
    if isinstance(tree, Mapping):
        return {name: without_folders(value) for name, value in tree.items()}
    if isinstance(tree, str):
        return tree.rstrip("/").rpartition("/")[2] or tree
    return [without_folders(value) for value in tree] if isinstance(tree, list | tuple) else tree


def _settings(config: Mapping[str, Any]) -> dict[str, str]:
    return dict(flat({section: config[section] for section in config if section not in APART}))
