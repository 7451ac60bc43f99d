"""docs/inputs.md names every setting of inputs and every extension, and none that doesn't exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from pipeline.inputs.settings import Input
from pipeline.inputs.sources import EXTENSIONS
from tests.support.command import ROOT

PAGE = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")


def leaves(settings: Any, path: str) -> Iterator[str]:
    """Paths of all settings of a section."""
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        yield from leaves(value, f"{path}.{setting.name}") if is_dataclass(value) else [f"{path}.{setting.name}"]


SETTINGS = set(leaves(Input(), "input"))


def test_it_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"\binput(?:\.[a-z_0-9]+)+(?![.*\w])", PAGE)) - {"input.columns"}
    assert named and named <= SETTINGS


def test_it_names_every_setting() -> None:
    columns = {name for name in SETTINGS if name.startswith("input.columns.")}
    missing = [name for name in SETTINGS - columns if name not in PAGE]
    assert not missing
    roles = [name for name in columns if name not in PAGE and f"`{name.rpartition('.')[2]}`" not in PAGE]
    assert not roles


def test_it_names_every_extension() -> None:
    assert not [name for name in EXTENSIONS if name.removesuffix(".gz") not in PAGE]
