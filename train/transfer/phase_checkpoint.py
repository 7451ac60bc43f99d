"""The checkpoint of a phase in progress, so that a killed run resumes with the same result."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from train.checkpoint import CheckpointError, Checkpoints, arrays_of, load, restore


@dataclass(frozen=True)
class PhaseCheckpoint:
    """A checkpoint every `every` steps; a new one replaces the one before."""

    checkpoints: Checkpoints
    every: int

    def resume(self, model: keras.Model) -> int:
        """Sets a compiled model to the state of the newest checkpoint; returns its step, 0 without one.

        Raises CheckpointError, which names what to type.
        """
        path = self.checkpoints.newest()
        if path is None:
            return 0
        try:
            arrays, facts = load(path)
        except CheckpointError as error:
            raise CheckpointError(f"{error}; it is the only one: --overwrite begins anew") from error
        restore(arrays, path, model=model, optimizer=model.optimizer)
        return int(facts["step"])

    def save(self, model: keras.Model, step: int) -> None:
        """Writes the state of a compiled model after `step` steps."""
        self.checkpoints.save(step, arrays_of(model=model, optimizer=model.optimizer), {"step": step})
        self.checkpoints.keep(1)
