"""Helpers for tests of evaluation: files of sets, made by hand, and towers with chosen vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

CAPTIONS = {"kind": "retrieval", "annotations": "captions.json", "images": "pictures"}


def write(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def tree(root: Path, *files: str) -> str:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return str(root)


def karpathy(folder: Path, captions: Mapping[str, list[str]]) -> str:
    entries = [
        {"filename": name, "split": "test", "sentences": [{"raw": text} for text in texts]}
        for name, texts in captions.items()
    ]
    return write(folder / "captions.json", {"images": entries})


def sets_file(folder: Path, **sets: Any) -> str:
    return write(folder / "sets.yaml", yaml.safe_dump(sets, sort_keys=False))


def at(degrees: float) -> np.ndarray:
    """The vector of length 1 in this direction of the plane."""
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


@dataclass
class FakeTowers:
    """The direction, in degrees, of each picture by its path and of each text; other pictures can't be read."""

    directions: Mapping[str, float]
    asked: list[str] = field(default_factory=list)
    width: int = 2

    def pictures(self, paths: Sequence[str]) -> Iterator[np.ndarray | ValueError]:
        for path in paths:
            yield at(self.directions[path]) if path in self.directions else ValueError(f"{path}: no such file")

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.stack([at(self.directions[text]) for text in texts])

    def words(self, words: Sequence[str]) -> np.ndarray:
        return self.texts(words)
