"""The settings of a config as its dataclasses declare them: `name: Annotated[type, "sentence", "unit"] = default`."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SWITCH = "false switches the rule off"


@dataclass(frozen=True)
class Setting:
    """A setting by its path, such as `filters.short_side.min_pixels`."""

    path: str
    default: str  # as YAML
    unit: str
    says: str


@dataclass(frozen=True)
class Section:
    """The settings right in one dataclass. Paths of the sections below it begin with its own."""

    path: str
    says: str  # the first paragraph of its docstring
    settings: tuple[Setting, ...]


def sections(config: Any, path: str = "") -> Iterator[Section]:
    """The section `config`, a dataclass whose values are the defaults, and then all below it."""
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    own = {name: value for name, value in values.items() if not dataclasses.is_dataclass(value)}
    described = _described(type(config))
    settings = (_setting(f"{path}{name}", value, described.get(name, ())) for name, value in own.items())
    yield Section(path.removesuffix("."), _sentence(type(config)), tuple(settings))
    for name, value in values.items():
        if name not in own:
            yield from sections(value, f"{path}{name}.")


def _described(kind: type) -> dict[str, tuple[str, ...]]:
    """Sentence and unit of each field. A class that changes a default keeps those of its base."""
    found: dict[str, tuple[str, ...]] = {}
    for each in reversed(kind.__mro__):
        for name, hint in typing.get_type_hints(each, include_extras=True).items():
            found |= {name: hint.__metadata__} if hasattr(hint, "__metadata__") else {}
    return found


def _setting(path: str, value: Any, described: tuple[str, ...]) -> Setting:
    says, unit = (*described, "", "")[:2]
    if path.endswith(".enabled"):
        says = says or SWITCH
    return Setting(path, json.dumps(value, ensure_ascii=False).replace('"', "") or "''", unit, says)


def _sentence(kind: type) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())
