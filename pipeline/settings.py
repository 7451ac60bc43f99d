"""Builds frozen dataclasses from a tree of values, such as YAML: every value is checked, and named by its path."""

from __future__ import annotations

import dataclasses
import math
import reprlib
import types
import typing
from collections.abc import Mapping
from typing import Any


class ConfigError(ValueError):
    """An unknown setting or a wrong value: one line with the path, the value and the choices."""


def shown(value: Any) -> str:
    """Formats a value for a message: whole, or the beginning of a long or deep one."""
    try:
        text = _SHORT.repr(value)
    except ValueError:  # Python writes no integer of thousands of digits
        text = f"a number of {value.bit_length():,} bits"
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


MOST_WHOLE = 1 << 63
LONGEST_VALUE = 100  # characters of a value in a message
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = LONGEST_VALUE


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Sets the value at a path such as `filters.porn.enabled` in a tree. Raises ConfigError."""
    *sections, leaf = path.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{_plain(path)}: {_plain(section)} is a value, not a section")
    tree[leaf] = value


def build(kind: type, tree: Any, path: str) -> Any:
    """Builds an object of the dataclass `kind` from a tree of values at `path`. Raises ConfigError."""
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{path}: {shown(tree)} is no section; {path} has {_names(kind)}")
    hints = typing.get_type_hints(kind)
    for name in tree:
        if name not in {setting.name for setting in dataclasses.fields(kind)}:
            place = path or "the config"
            raise ConfigError(f"{_join(path, _plain(name))}: no such setting; {place} has {_names(kind)}")
    values = {name: _value(hints[name], value, _join(path, name)) for name, value in tree.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(_join(path, str(error))) from error


def _value(kind: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return build(typing.cast(type, kind), {} if value is None else value, path)
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        kind = next(option for option in kind.__args__ if option is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        return _list(typing.get_args(kind), value, path)
    return _leaf(kind, value, path)


def _list(kinds: tuple[Any, ...], value: Any, path: str) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        if isinstance(value, str) and kinds[0] is str:
            value = [item.strip() for item in value.split(",")] if value else []
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{path}: {shown(value)} is no list, such as [a, b]")
        return tuple(_leaf(kinds[0], item, path) for item in value)
    if not isinstance(value, list | tuple) or len(value) != len(kinds):
        example = ", ".join("abcdefghij"[: len(kinds)])
        raise ConfigError(f"{path}: {shown(value)} is no list of {len(kinds)}, such as [{example}]")
    return tuple(_leaf(kind, item, path) for kind, item in zip(kinds, value, strict=True))


def _leaf(kind: type, value: Any, path: str) -> Any:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str | int | float) and not isinstance(value, bool):
        return _written(value, path)
    if kind in (int, float) and not isinstance(value, bool):
        return _number(kind, value, path)
    raise ConfigError(f"{path}: {shown(value)} is not {_KINDS[kind]}")


def _written(value: str | int | float, path: str) -> str:
    try:
        return str(value)
    except ValueError as error:  # Python writes no integer of thousands of digits
        raise ConfigError(f"{path}: {shown(value)} is not {_KINDS[str]}") from error


def _number(kind: type, value: Any, path: str) -> int | float:
    try:
        number = float(value)  # YAML reads 1e8 as a string
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not math.isfinite(number) or (kind is int and number != int(number)):
        raise ConfigError(f"{path}: {shown(value)} is not {_KINDS[kind]}")
    if number != int(number):
        return number
    whole = int(value if isinstance(value, int) else number)
    if -MOST_WHOLE <= whole < MOST_WHOLE:
        return whole
    if kind is int:  # Arrow's columns and compiled code take 64 bits
        raise ConfigError(f"{path}: {shown(value)} is not {'under 2^63' if whole > 0 else 'from -2^63 on'}")
    return number


_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a name"}


def _names(kind: type) -> str:
    return ", ".join(setting.name for setting in dataclasses.fields(kind))


def _plain(name: Any) -> str:
    """Formats the name of a setting; quoted only if it is unusual."""
    return name if isinstance(name, str) and name.isprintable() and len(name) < LONGEST_VALUE else shown(name)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
