"""Completion markers of the first pass, gathered into few files by workers: the command needn't read each marker.

Markers are gathered again after each run of the pass. One that was not is read by itself.
"""

from __future__ import annotations

import json
from typing import Any

from pipeline.files import Output, read_json_files

FOLDER = "work/gathered"
BLOCK_DIGITS = 3  # a block is the markers of the files that differ in these last digits of their numbers
DIGITS = 6  # of a file's number, with which the name of a marker begins


def blocks(files: int) -> range:
    """Numbers of the blocks of so many input files; none if they are one block."""
    size = 10**BLOCK_DIGITS
    return range(-(-files // size)) if files > size else range(0)


def gather(block: int, output: Output, folder: str) -> str:
    """Writes the markers of a block, which lie in `folder`, as one file; returns its name."""
    found = output.names(folder, ".json", f"{block:0{DIGITS - BLOCK_DIGITS}d}")
    names = [name for name in found if _file(name) // 10**BLOCK_DIGITS == block]
    notes = dict(zip(names, _read(output, names), strict=True))
    gathered = f"{FOLDER}/{block:06d}.json"
    output.write_bytes(gathered, json.dumps(notes).encode())
    return gathered


def read_markers(output: Output, folder: str) -> list[dict[str, Any]]:
    """Reads all markers in `folder`, in the order of their names."""
    notes = dict[str, dict[str, Any]]()
    for some in _read(output, output.names(FOLDER, ".json")):
        notes |= some
    names = output.names(folder, ".json")
    others = [name for name in names if name not in notes]
    notes |= zip(others, _read(output, others), strict=True)
    return [notes[name] for name in names]


def _file(name: str) -> int:
    return int(name.rpartition("/")[2].partition("-")[0])


def _read(output: Output, names: list[str]) -> list[dict[str, Any]]:
    return read_json_files([output.path(name) for name in names])
