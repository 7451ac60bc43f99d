"""What can go wrong in a run, told in one line."""

from __future__ import annotations


class TrainingError(ValueError):
    """Something about the records, the devices, the checkpoints or the loss that ends a run."""
