"""The state of a run in one file, from which a run resumes exactly as if it had never stopped."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from train.errors import TrainingError
from train.files import atomic_write

FACTS, ENDING = "facts", ".npz"
# Errors that numpy, zipfile and TensorFlow raise for damaged files or files that are no archives
_DAMAGED = (
    ValueError,  # also raised for an array of Python objects, which nothing unpickles
    MemoryError,
    KeyError,
    EOFError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    tf.errors.OpError,
)
_NAME = re.compile(r"step-(\d{9})\.npz")


class CheckpointError(TrainingError):
    """A checkpoint that is damaged, or of another model."""


class NoCheckpoint(TrainingError):
    """A checkpoint is asked for that isn't there."""


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a run, in a local or remote folder."""

    folder: str

    def path(self, step: int) -> str:
        """The file of the state after `step` steps."""
        return posixpath.join(self.folder, f"step-{step:09d}{ENDING}")

    def steps(self) -> list[int]:
        """The steps with checkpoints, in order. Unfinished files of a killed run don't count."""
        if not tf.io.gfile.isdir(self.folder):
            return []
        names = map(_NAME.fullmatch, tf.io.gfile.listdir(self.folder))
        return sorted(int(name[1]) for name in names if name)

    def newest(self) -> str | None:
        """The path of the newest checkpoint, if there is one."""
        steps = self.steps()
        return self.path(steps[-1]) if steps else None

    def named(self, name: str) -> str:
        """The path of the checkpoint `name`, such as step-000001000. Raises NoCheckpoint."""
        paths = map(self.path, self.steps())
        names = {posixpath.basename(path).removesuffix(ENDING): path for path in paths}
        if name not in names:
            raise NoCheckpoint(f"{self.folder} has no checkpoint {name}; it has {', '.join(names) or 'none'}")
        return names[name]

    def before(self, path: str) -> str | None:
        """The path of the checkpoint before that in `path`, if there is one."""
        earlier = [found for found in map(self.path, self.steps()) if found < path]
        return earlier[-1] if earlier else None

    def remove_after(self, step: int) -> None:
        """Removes the checkpoints of later steps."""
        self._remove(later for later in self.steps() if later > step)

    def keep(self, last: int, also: int | None = None) -> None:
        """Removes all but the last ones, and that of step `also`."""
        self._remove(step for step in self.steps()[:-last] if step != also)

    def _remove(self, steps: Iterable[int]) -> None:
        for step in steps:
            tf.io.gfile.remove(self.path(step))

    def save(self, step: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        """Writes the state to a temporary file, and renames it."""
        tf.io.gfile.makedirs(self.folder)
        path = self.path(step)
        content: dict[str, Any] = {FACTS: np.array(json.dumps(facts)), **arrays}
        with atomic_write(path) as file:
            np.savez(_Stream(file), **content)


class _Stream:
    """Write-only file without seek for an archive: TensorFlow's files can seek only while they are read."""

    def __init__(self, file: Any) -> None:
        self.file, self.flush = file, file.flush

    def write(self, data: bytes) -> int:
        """Appends `data`; returns its length, which TensorFlow's files don't."""
        self.file.write(bytes(data))
        return len(data)

    def read(self) -> bytes:
        """Exists because numpy asks for it; never called."""
        raise OSError("only for writing")


def load(path: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and facts in a checkpoint. Raises OSError, CheckpointError."""
    try:
        with tf.io.gfile.GFile(path, "rb") as file, np.load(file, allow_pickle=False) as content:
            if any(member.compress_type != zipfile.ZIP_STORED for member in content.zip.infolist()):
                raise ValueError("it is compressed, as no checkpoint is")
            arrays = {name: content[name] for name in content.files}
            return arrays, json.loads(str(arrays.pop(FACTS)))
    except _DAMAGED as error:
        raise CheckpointError(f"{path}: no checkpoint of python -m train: {error}") from error


def digest(path: str, part: str) -> str:
    """A digest of one `part`'s arrays in a checkpoint, from their checksums. Raises OSError."""
    with tf.io.gfile.GFile(path, "rb") as file, zipfile.ZipFile(file) as archive:
        held = [
            (member.filename, member.CRC) for member in archive.infolist() if member.filename.startswith(f"{part}/")
        ]
    return hashlib.sha256(json.dumps(held).encode()).hexdigest()


def arrays_of(**parts: Any) -> dict[str, np.ndarray]:
    """Values of the variables of Keras objects, by the object's name here and the variable's index in it.

    By index, since Keras counts up the names of layers of one kind within a process.
    """
    return {name: np.asarray(variable.numpy()) for name, variable in _variables(parts).items()}


def restore(arrays: Mapping[str, np.ndarray], path: str, **parts: Any) -> None:
    """Sets variables to the values from `arrays_of`. Raises CheckpointError, with `path`, if they don't fit."""
    variables = _variables(parts)
    for name, variable in variables.items():
        found = arrays[name].shape if name in arrays else "missing"
        if found != tuple(variable.shape):
            raise CheckpointError(f"{path}: {variable.path} is {found}, and {tuple(variable.shape)} in this model")
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _variables(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{part}/{place}": variable for part, owner in parts.items() for place, variable in enumerate(owner.variables)
    }
