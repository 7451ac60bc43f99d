"""The settings of a run that differ from the defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.config import LATER, Config
from pipeline.page.parts import flat


class Changed(NamedTuple):
    """A setting by its path; both values are JSON."""

    path: str
    value: str
    default: str  # empty for a setting of a rule of the user's own, whose file may be gone


def changed_settings(config: Mapping[str, Any]) -> list[Changed]:
    """The settings of a corpus, in the tree `config`, that differ from the defaults; in their order."""
    defaults = dict(flat(dataclasses.asdict(Config())))
    settings = flat({section: value for section, value in config.items() if section not in LATER})
    return [Changed(path, value, defaults.get(path, "")) for path, value in settings if defaults.get(path) != value]
