"""Shared code of the evaluation sets' readers: files as text, tables and JSON, and errors for bad ones."""

from __future__ import annotations

import csv
import glob
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from train.errors import TrainingError


class BadSet(TrainingError):
    """A file of an evaluation set that breaks its format: its path, and the problem."""


class NotThere(BadSet):
    """A file or folder of an evaluation set that doesn't exist."""


def folder(path: str) -> str:
    """The path of an existing folder; a remote one is assumed to exist. Raises NotThere."""
    if "://" not in path and not Path(path).is_dir():
        raise NotThere(f"{path}: no such folder")
    return path


def find_files(pattern: str) -> list[str]:
    """Files of a glob in the order of their names. Raises NotThere."""
    found = sorted(glob.glob(pattern))
    if not found:
        raise NotThere(f"{pattern}: no such file")
    return found


def read_text(path: str) -> str:
    """Content of a UTF-8 file, with or without byte-order mark, .gz unpacked. Raises NotThere, BadSet."""
    try:
        content = Path(path).read_bytes()
        return (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise NotThere(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise BadSet(f"{path}: not UTF-8 at byte {error.start:,}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BadSet(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def read_lines(path: str) -> list[str]:
    """Lines of a text file, stripped. Raises NotThere, BadSet."""
    return [line.strip() for line in read_text(path).removesuffix("\n").split("\n")]


def read_json(path: str) -> Any:
    """Content of a JSON file. Raises NotThere, BadSet."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise BadSet(f"{path}: not JSON: {error}") from error


def read_table(path: str, columns: tuple[str, ...], delimiter: str = ",") -> list[tuple[str, ...]]:
    """Rows of a CSV file with a header, these columns only. Raises NotThere, BadSet."""
    header, *rows = list(csv.reader(read_text(path).splitlines(), delimiter=delimiter)) or [[]]
    missing = [name for name in columns if name not in header]
    if missing:
        raise BadSet(f"{path}: no column {', '.join(missing)}; its columns are {', '.join(header)}")
    short = next((number for number, row in enumerate(rows, 2) if len(row) != len(header)), None)
    if short:
        raise BadSet(f"{path}: line {short:,} has {len(rows[short - 2])} fields; the header has {len(header)}")
    places = [header.index(name) for name in columns]
    return [tuple(row[place] for place in places) for row in rows]
