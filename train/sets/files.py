"""What the readers of evaluation sets share: files as text, tables and JSON, and what is said of bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from train.errors import TrainingError


class BadSet(TrainingError):
    """A file of an evaluation set that isn't what its format says: its path, and what is wrong."""


class NotThere(BadSet):
    """A file or folder of an evaluation set that doesn't exist."""


def read_text(path: str) -> str:
    """The content of a UTF-8 file, with or without byte-order mark. Raises NotThere, BadSet."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotThere(f"{path}: no such file") from error
    except OSError as error:
        raise BadSet(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSet(f"{path}: not UTF-8 at byte {error.start:,}") from error


def read_lines(path: str) -> list[str]:
    """The lines of a text file, stripped; empty ones at its end are none. Raises NotThere, BadSet."""
    return [line.strip() for line in read_text(path).rstrip().split("\n")]


def read_json(path: str) -> Any:
    """What a JSON file holds. Raises NotThere, BadSet."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise BadSet(f"{path}: not JSON: {error}") from error
