"""Reads YAML within bounds: a few bytes can't become a tree of gigabytes, and no text causes a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from pipeline.settings import ConfigError, shown

LARGEST = 200_000  # bytes; a config has some 2,000
DEEPEST = 32  # sections or lists inside each other
MOST = 10_000  # values; the values of an alias count at each use


def read_text(option: str, path: str) -> str:
    """Reads the YAML file that `option` names. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ConfigError(f"{option}={path}: over {LARGEST:,} bytes, which is no config")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{option}={path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{option}={path}: not UTF-8 at byte {error.start:,}; save it as UTF-8") from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError(f"{option}={shown(path)}: {error}") from error


def parse_yaml(text: str) -> Any:
    """Parses a YAML text. Raises ConfigError with one line for a text that is not YAML, or too large."""
    try:
        _check(yaml.parse(text, yaml.SafeLoader))
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split()):.300}") from error
    except ConfigError:
        raise
    except Exception as error:  # such as !!int x, or the 32nd of a month: constructors of PyYAML raise anything
        raise ConfigError("not YAML: a number, date or tag that can't be read") from error


def parse_value(path: str, text: str) -> Any:
    """Parses the value of an option for the setting at `path`. Raises ConfigError."""
    try:
        return parse_yaml(text) if text else ""
    except ConfigError as error:
        quoted = f"a text goes in two pairs of quotes: --{path}='\"…\"'"
        raise ConfigError(f"{path}: {shown(text)} is no YAML value; {quoted}") from error


def _check(events: Iterable[Any]) -> None:
    """Raises ConfigError where the tree would be too deep or too large. Aliases are counted, not followed."""
    sizes, begun, total = dict[str | None, int](), list[tuple[str | None, int]](), 0
    for event in events:
        match event:
            case yaml.AliasEvent(anchor=anchor) if anchor in {name for name, _ in begun}:
                raise ConfigError(f"*{anchor} stands inside what it repeats")
            case yaml.AliasEvent(anchor=anchor):
                total += sizes.get(anchor, 0)
            case yaml.ScalarEvent(anchor=anchor):
                total, sizes[anchor] = total + 1, 1
            case yaml.CollectionStartEvent(anchor=anchor):
                begun.append((anchor, total))
            case yaml.CollectionEndEvent():
                anchor, before = begun.pop()
                total += 1
                sizes[anchor] = total - before
        if len(begun) > DEEPEST:
            raise ConfigError(f"sections or lists more than {DEEPEST} deep")
        if total > MOST:
            raise ConfigError(f"over {MOST:,} values, with those that aliases repeat")
